//! Queue: what waits to be written, bounded in records and bytes, and whether anything can be.

use super::hash::Hash;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Bytes that go into one write, about: what waits longer goes into the next.
const WRITE_BYTES: usize = 4 << 20;

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

/// A record that waits, and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) payload: Vec<u8>,
    pub(super) waiter: Option<oneshot::Sender<Result<Receipt, Unavailable>>>,
}

/// The side of those who bring records.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: SyncSender<Message>,
    standing: Arc<Standing>,
}

/// The side of the writer.
#[derive(Debug)]
pub(super) struct Waiting {
    jobs: Receiver<Message>,
    standing: Arc<Standing>,
    closed: bool,
}

#[derive(Debug)]
enum Message {
    Job(Job),
    Close,
}

/// How much may wait, and how long a record may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) payload_max: usize,
}

/// What both sides see.
#[derive(Debug)]
pub(super) struct Standing {
    bounds: Bounds,
    records: AtomicUsize,
    bytes: AtomicUsize,
    /// `None` as 0: it can be written.
    stopped: AtomicU8,
}

/// The two sides of a queue.
pub(super) fn queue(bounds: Bounds) -> (Queue, Waiting) {
    let standing = Standing { bounds, records: 0.into(), bytes: 0.into(), stopped: 0.into() };
    let standing = Arc::new(standing);
    // one place more, so that there is always one for `Close`
    let (sender, receiver) = mpsc::sync_channel(bounds.records.saturating_add(1));
    (Queue { jobs: sender, standing: Arc::clone(&standing) }, Waiting { jobs: receiver, standing, closed: false })
}

impl Queue {
    pub(super) fn is_ready(&self) -> bool {
        self.standing.stopped().is_none() && self.standing.has_room(0)
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.standing.stopped(), Some(Unavailable::Closed | Unavailable::Damaged))
    }

    pub(super) fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing)
    }

    /// Takes a record, or says at once why not.
    pub(super) fn put(&self, job: Job) -> Result<(), Unavailable> {
        let (standing, bytes) = (&self.standing, job.payload.len());
        if bytes == 0 || bytes > standing.bounds.payload_max {
            return Err(Unavailable::Length);
        }
        if let Some(stopped) = standing.stopped() {
            return Err(stopped);
        }
        if !standing.has_room(bytes) {
            return Err(Unavailable::Behind);
        }
        standing.records.fetch_add(1, Ordering::Relaxed);
        standing.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.jobs.try_send(Message::Job(job)).map_err(|error| {
            standing.left(1, bytes);
            match error {
                TrySendError::Full(_) => Unavailable::Behind,
                TrySendError::Disconnected(_) => Unavailable::Closed,
            }
        })
    }

    /// Nothing more is taken; what waits is still written.
    pub(super) fn close(&self) {
        self.standing.stop(Some(Unavailable::Closed));
        // a queue that is full is emptied, or its writer has gone
        _ = self.jobs.send(Message::Close);
    }
}

impl Waiting {
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What waits, up to one write's worth, as soon as anything does. `None` after the last; empty where nothing came in time.
    pub(super) fn take(&mut self, wait: Option<Duration>) -> Option<Vec<Job>> {
        if self.closed {
            return None;
        }
        let first = match wait {
            None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => self.jobs.recv_timeout(wait),
        };
        let mut jobs = Vec::new();
        match first {
            Ok(Message::Job(job)) => jobs.push(job),
            Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => self.closed = true,
            Err(RecvTimeoutError::Timeout) => return Some(jobs),
        }
        let mut bytes = jobs.first().map_or(0, |job| job.payload.len());
        while bytes < WRITE_BYTES {
            match self.jobs.try_recv() {
                Ok(Message::Job(job)) => {
                    bytes += job.payload.len();
                    jobs.push(job);
                }
                Ok(Message::Close) | Err(TryRecvError::Disconnected) => {
                    self.closed = true;
                    break;
                }
                Err(TryRecvError::Empty) => break,
            }
        }
        self.standing.left(jobs.len(), bytes);
        (!self.closed || !jobs.is_empty()).then_some(jobs)
    }
}

impl Standing {
    fn has_room(&self, bytes: usize) -> bool {
        self.records.load(Ordering::Relaxed) < self.bounds.records
            && self.bytes.load(Ordering::Relaxed).saturating_add(bytes) <= self.bounds.bytes
    }

    fn left(&self, records: usize, bytes: usize) {
        self.records.fetch_sub(records, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn stopped(&self) -> Option<Unavailable> {
        match self.stopped.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Unavailable::NoSpace),
            2 => Some(Unavailable::Failing),
            3 => Some(Unavailable::Closed),
            _ => Some(Unavailable::Damaged),
        }
    }

    /// Says whether anything can be written. What is closed stays closed.
    pub(super) fn stop(&self, why: Option<Unavailable>) {
        let number = match why {
            None => 0,
            Some(Unavailable::NoSpace) => 1,
            Some(Unavailable::Failing | Unavailable::Behind | Unavailable::Length) => 2,
            Some(Unavailable::Closed) => 3,
            Some(Unavailable::Damaged) => 4,
        };
        _ = self.stopped.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| (old < 3).then_some(number));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // however the writer ends, nobody waits for it
        self.standing.stop(Some(Unavailable::Closed));
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
