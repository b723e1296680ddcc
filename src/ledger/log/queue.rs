//! Queue: what waits to be written, bounded in records and bytes, and whether anything can be.
//!
//! A write costs the same processor time and the same wait for one record as for fifty. So the writer is woken when most of those who are
//! expected wait, or whoever came first has waited long enough: a client alone never waits for another, and of many some are answered
//! while the records of the others are written (decision 14).

use super::batch::{Batch, Waiter};
use super::hash::Hash;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
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
pub struct Expected(Arc<Standing>);

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
    /// Where somebody waits for it.
    pub(super) awaited: Duration,
    /// Where nobody does.
    pub(super) later: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { awaited: Duration::from_millis(1), later: Duration::from_millis(20) }
    }
}

/// What both sides see.
#[derive(Debug)]
pub(super) struct Standing {
    bounds: Bounds,
    /// Whose records will come, or wait.
    expected: AtomicUsize,
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
    /// The writer has nothing to do.
    is_idle: bool,
    /// Nothing more will come.
    is_closed: bool,
    /// `None`: it can be written.
    stopped: Option<Unavailable>,
}

/// The two sides of a queue.
pub(super) fn queue(bounds: Bounds) -> (Queue, Waiting) {
    let (expected, state, wake) = (AtomicUsize::new(0), Mutex::default(), Condvar::new());
    let standing = Arc::new(Standing { bounds, expected, state, wake });
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
        self.0.expected.fetch_add(1, Ordering::Relaxed);
        Expected(self.standing())
    }

    /// Takes a record, or says at once why not.
    pub(super) fn put(&self, payload: &[u8], waiter: Option<Waiter>) -> Result<(), Unavailable> {
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
        let Patience { awaited, later } = standing.bounds.patience;
        let due = Instant::now() + if waiter.is_some() { awaited } else { later };
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
        let expected = self.expected.load(Ordering::Relaxed);
        let are_most = awaited > 0 && awaited.saturating_mul(of) >= expected.saturating_mul(wanted);
        are_most || state.batches.len() > 1 || state.records.saturating_mul(2) >= self.bounds.records
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
        if !matches!(state.stopped, Some(Unavailable::Closed | Unavailable::Damaged)) {
            state.stopped = why;
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

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.expected.fetch_sub(1, Ordering::Relaxed);
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
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const HOUR: Duration = Duration::from_hours(1);

    /// Where nobody loses patience.
    fn sides() -> (Queue, Waiting) {
        let patience = Patience { awaited: HOUR, later: HOUR };
        queue(Bounds { records: 100, bytes: 100_000_000, payload_max: 10_000_000, patience })
    }

    /// How many records the writer would be given now.
    fn due(waiting: &mut Waiting) -> usize {
        let mut batch = Batch::default();
        assert!(waiting.take(Some(Duration::ZERO), &mut batch), "it is not closed");
        batch.len()
    }

    fn put(queue: &Queue) {
        queue.put(b"{}", Some(oneshot::channel().0)).unwrap();
    }

    #[test]
    fn a_client_alone_waits_for_nobody() {
        let (queue, mut waiting) = sides();
        put(&queue);
        assert_eq!(due(&mut waiting), 1);
        let _expected = queue.expect();
        put(&queue);
        assert_eq!(due(&mut waiting), 1);
    }

    #[test]
    fn three_of_four_are_written_together() {
        let (queue, mut waiting) = sides();
        let mut expected: Vec<Expected> = (0..4).map(|_| queue.expect()).collect();
        put(&queue);
        put(&queue);
        assert_eq!(due(&mut waiting), 0, "two more will come");
        put(&queue);
        assert_eq!(due(&mut waiting), 3);
        put(&queue);
        assert_eq!(due(&mut waiting), 0);
        // The others have gone.
        expected.truncate(1);
        assert_eq!(due(&mut waiting), 1);
    }

    #[test]
    fn nobody_waits_longer_than_a_while() {
        let patience = Patience { awaited: Duration::ZERO, later: HOUR };
        let (queue, mut waiting) = queue(Bounds { records: 100, bytes: 1_000, payload_max: 1_000, patience });
        let _expected: Vec<Expected> = (0..10).map(|_| queue.expect()).collect();
        queue.put(b"{}", None).unwrap();
        assert_eq!(due(&mut waiting), 0);
        put(&queue);
        assert_eq!(due(&mut waiting), 2);
    }

    #[test]
    fn what_nobody_waits_for_goes_with_the_next_that_somebody_does() {
        let (queue, mut waiting) = sides();
        queue.put(b"{}", None).unwrap();
        assert_eq!(due(&mut waiting), 0);
        put(&queue);
        assert_eq!(due(&mut waiting), 2);
        // Nor does it fill the queue.
        (0..50).for_each(|_| queue.put(b"{}", None).unwrap());
        assert_eq!(due(&mut waiting), 50);
    }

    #[test]
    fn a_write_is_not_too_long() {
        let (queue, mut waiting) = sides();
        let _expected: Vec<Expected> = (0..10).map(|_| queue.expect()).collect();
        let long = vec![b'x'; WRITE_BYTES / 2];
        (0..3).for_each(|_| queue.put(&long, None).unwrap());
        assert_eq!(due(&mut waiting), 2);
        assert_eq!(due(&mut waiting), 0);
    }

    #[test]
    fn what_waits_is_still_written_when_it_is_closed() {
        let (queue, mut waiting) = sides();
        queue.put(b"{}", None).unwrap();
        queue.close();
        assert_eq!(queue.put(b"{}", None), Err(Unavailable::Closed));
        let mut batch = Batch::default();
        assert!(waiting.take(None, &mut batch));
        assert_eq!(batch.len(), 1);
        assert!(!waiting.take(None, &mut batch));
    }
}
