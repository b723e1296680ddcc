//! Queue: what waits to be written, bounded in records and bytes, and whether anything can be.
//!
//! A write costs the same processor time and the same wait for one record as for fifty. So the writer is woken when most of those who are
//! expected wait, or whoever came first has waited long enough: a client alone never waits for another, and of many some are answered
//! while the records of the others are written (decision 14).

use super::batch::{Batch, Waiter};
use super::hash::Hash;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that go into one write, about: what waits longer goes into the next.
const WRITE_BYTES: usize = 4 << 20;
/// Of four that are expected so many are enough. With fewer there are more writes, with all of them nothing is answered meanwhile.
const MOST: (usize, usize) = (4, 3);

/// A record that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its number, from 1.
    pub seq: u64,
    pub hash: Hash,
}

/// Why a record can't be had now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// More waits to be written than may.
    Behind,
    /// The disk is full.
    NoSpace,
    /// The disk does not take what is written.
    Failing,
    /// The ledger is closed.
    Closed,
    /// What was written long ago is not what it was.
    Damaged,
    /// The record is longer than one may be, or empty. The others are not concerned.
    Length,
}

/// The side of those who bring records.
#[derive(Debug)]
pub(super) struct Queue(Arc<Standing>);

/// The side of the writer.
#[derive(Debug)]
pub(super) struct Waiting(Arc<Standing>);

/// An operation that is under way: its record will come. Until it is dropped.
#[derive(Debug)]
pub struct Expected {
    standing: Arc<Standing>,
    is_soon: bool,
}

/// How much may wait, and how long a record may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) payload_max: usize,
    pub(super) patience: Patience,
}

/// How long a record waits for those that are expected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) soon: Duration,
    pub(super) later: Duration,
}

/// When a record is to be written.
#[derive(Debug)]
pub(super) enum When {
    /// Somebody waits for it.
    Awaited(Waiter),
    /// Nobody does, and it says what nothing else does.
    Soon,
    /// It goes along with the next.
    Later,
}

impl Default for Patience {
    fn default() -> Self {
        Self { soon: Duration::from_millis(1), later: Duration::from_millis(20) }
    }
}

/// What both sides see.
#[derive(Debug)]
pub(super) struct Standing {
    bounds: Bounds,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The first is the next to be written. None is empty.
    batches: VecDeque<Batch>,
    /// An empty one, for its room.
    spare: Option<Batch>,
    /// Of all batches.
    records: usize,
    payload_bytes: usize,
    /// Operations whose records will come soon, or wait.
    expected: usize,
    /// The writer has nothing to do.
    is_idle: bool,
    /// Nothing more will come.
    is_closed: bool,
    /// `None`: it can be written.
    stopped: Option<Unavailable>,
}

/// The two sides of a queue.
pub(super) fn queue(bounds: Bounds) -> (Queue, Waiting) {
    let standing = Arc::new(Standing { bounds, state: Mutex::default(), wake: Condvar::new() });
    (Queue(Arc::clone(&standing)), Waiting(standing))
}

impl Queue {
    pub(super) fn is_ready(&self) -> bool {
        let state = self.0.lock();
        state.stopped.is_none() && self.0.has_room(&state, 0)
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.0.stopped(), Some(Unavailable::Closed | Unavailable::Damaged))
    }

    pub(super) fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.0)
    }

    /// Says that a record will come.
    pub(super) fn expect(&self) -> Expected {
        self.0.lock().expected += 1;
        Expected { standing: self.standing(), is_soon: true }
    }

    /// Takes a record, or says at once why not.
    pub(super) fn put(&self, payload: &[u8], when: When) -> Result<(), Unavailable> {
        let (standing, bytes) = (&self.0, payload.len());
        if bytes == 0 || bytes > standing.bounds.payload_max {
            return Err(Unavailable::Length);
        }
        let digest = Hash::of(payload);
        let mut state = standing.lock();
        if let Some(stopped) = state.stopped {
            return Err(stopped);
        }
        if !standing.has_room(&state, bytes) {
            return Err(Unavailable::Behind);
        }
        let Patience { soon, later } = standing.bounds.patience;
        let (waiter, patience) = match when {
            When::Awaited(waiter) => (Some(waiter), soon),
            When::Soon => (None, soon),
            When::Later => (None, later),
        };
        let due = Instant::now() + patience;
        let mut batch = state.last();
        let is_sooner = batch.due.is_none_or(|before| due < before);
        if is_sooner {
            batch.due = Some(due);
        }
        batch.add(payload, digest, waiter);
        state.batches.push_back(batch);
        state.records += 1;
        state.payload_bytes += bytes;
        let wakes = state.is_idle && (is_sooner || standing.is_due(&state));
        state.is_idle &= !wakes;
        drop(state);
        if wakes {
            standing.wake.notify_one();
            // Where all processors are busy the writer has one at once, for the moment until it waits for the disk.
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Nothing more is taken; what waits is still written.
    pub(super) fn close(&self) {
        self.0.close();
        self.0.wake.notify_one();
    }
}

impl Waiting {
    pub(super) fn standing(&self) -> &Standing {
        &self.0
    }

    /// What waits, up to one write's worth, when it is to be written; nothing where that is not in time. False after the last.
    /// `batch`: an empty one.
    pub(super) fn take(&mut self, wait: Option<Duration>, batch: &mut Batch) -> bool {
        let until = wait.map(|wait| Instant::now() + wait);
        let mut state = self.0.lock();
        loop {
            let due = state.batches.front().and_then(|first| first.due);
            let now = Instant::now();
            if due.is_some_and(|due| state.is_closed || due <= now || self.0.is_due(&state)) {
                break;
            }
            if state.is_closed {
                return false;
            }
            let until = [until, due].into_iter().flatten().min();
            if until.is_some_and(|until| until <= now) {
                return true;
            }
            state.is_idle = true;
            state = match until {
                Some(until) => {
                    let waited = self.0.wake.wait_timeout(state, until.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.0.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.is_idle = false;
        }
        if let Some(first) = state.batches.pop_front() {
            state.records = state.records.saturating_sub(first.len());
            state.payload_bytes = state.payload_bytes.saturating_sub(first.payload_bytes());
            state.spare = Some(std::mem::replace(batch, first));
        }
        true
    }
}

impl State {
    /// Takes out the batch that the next record goes into.
    fn last(&mut self) -> Batch {
        match self.batches.pop_back() {
            Some(last) if last.bytes() < WRITE_BYTES => last,
            full => {
                self.batches.extend(full);
                self.spare.take().unwrap_or_default()
            }
        }
    }
}

impl Standing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, state: &State, bytes: usize) -> bool {
        state.records < self.bounds.records && state.payload_bytes.saturating_add(bytes) <= self.bounds.bytes
    }

    /// Whether enough waits to be written at once.
    fn is_due(&self, state: &State) -> bool {
        let awaited = state.batches.front().map_or(0, |first| first.awaited);
        let (of, wanted) = MOST;
        let are_most = awaited > 0 && awaited.saturating_mul(of) >= state.expected.saturating_mul(wanted);
        let is_half_full = state.records.saturating_mul(2) >= self.bounds.records
            || state.payload_bytes.saturating_mul(2) >= self.bounds.bytes;
        are_most || state.batches.len() > 1 || is_half_full
    }

    pub(super) fn stopped(&self) -> Option<Unavailable> {
        self.lock().stopped
    }

    fn close(&self) {
        self.stop(Some(Unavailable::Closed));
        self.lock().is_closed = true;
    }

    /// Says whether anything can be written. What is closed stays closed.
    pub(super) fn stop(&self, why: Option<Unavailable>) {
        let mut state = self.lock();
        if matches!(state.stopped, Some(Unavailable::Closed | Unavailable::Damaged)) {
            return;
        }
        state.stopped = why;
        if why == Some(Unavailable::Damaged) {
            // Nothing is written after damage, but for what is being written now.
            state.batches.drain(..).for_each(|mut batch| batch.refuse(Unavailable::Damaged));
            (state.records, state.payload_bytes) = (0, 0);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // However the writer ends, nobody waits for it.
        self.0.close();
        self.0.lock().batches.clear();
    }
}

impl Expected {
    /// Does something that may have to wait for others: meanwhile its record is not expected.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.turn(true);
            let polled = work.as_mut().poll(context);
            self.turn(polled.is_ready());
            polled
        })
        .await
    }

    /// Says whether its record will come soon.
    fn turn(&mut self, is_soon: bool) {
        if self.is_soon == is_soon {
            return;
        }
        self.is_soon = is_soon;
        let mut state = self.standing.lock();
        if is_soon {
            state.expected += 1;
            return;
        }
        state.expected = state.expected.saturating_sub(1);
        // Those who wait may be most of the others.
        let wakes = state.is_idle && !state.batches.is_empty() && self.standing.is_due(&state);
        state.is_idle &= !wakes;
        drop(state);
        if wakes {
            self.standing.wake.notify_one();
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.turn(false);
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Behind => "more waits to be written than may",
            Self::NoSpace => "the disk is full",
            Self::Failing => "the disk does not take what is written",
            Self::Closed => "the ledger is closed",
            Self::Damaged => "an older part of the ledger is not what it was",
            Self::Length => "the record is longer than one may be",
        })
    }
}

impl std::error::Error for Unavailable {}

#[cfg(test)]
mod tests;
