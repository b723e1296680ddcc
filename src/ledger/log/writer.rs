//! Writer: the one thread that writes. Takes what waits, writes it at once, waits for the disk once, tells everybody.
//!
//! It does not linger for more: while the disk works, more comes in by itself.

use super::chain::Chain;
use super::disk::Disk;
use super::notary::Head;
use super::queue::{Job, Receipt, Unavailable, Waiting};
use super::recovery;
use super::slot::Slot;
use crate::observe::{self, Event};
use jiff::Timestamp;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pauses between attempts to write again: the first, and the longest.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// When a checkpoint is due, if anything is new.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cadence {
    pub(super) records: u64,
    pub(super) time: Duration,
    /// Records that have one already.
    pub(super) from: u64,
}

#[derive(Debug)]
pub(super) struct Writer {
    disk: Disk,
    /// Where the acknowledged records lead.
    chain: Chain,
    waiting: Waiting,
    frames: Vec<u8>,
    trouble: Option<Trouble>,
    heads: Arc<Slot<Head>>,
    cadence: Cadence,
    /// Records of the last head that was handed on, and when.
    headed: (u64, Instant),
}

/// Nothing can be written.
#[derive(Debug)]
struct Trouble {
    why: Unavailable,
    since: Timestamp,
    pause: Duration,
    again: Instant,
}

impl Writer {
    pub(super) fn new(disk: Disk, chain: Chain, waiting: Waiting, heads: Arc<Slot<Head>>, cadence: Cadence) -> Self {
        let headed = (cadence.from, Instant::now());
        Self { disk, chain, waiting, frames: Vec::new(), trouble: None, heads, cadence, headed }
    }

    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        while let Some(jobs) = self.waiting.take(self.wait()) {
            if self.trouble.as_ref().is_some_and(|trouble| trouble.again <= Instant::now()) {
                self.try_again();
            }
            match &self.trouble {
                Some(trouble) => refuse(jobs, trouble.why),
                None if jobs.is_empty() => {}
                None => self.write(jobs),
            }
            self.head(false);
        }
        self.head(true);
    }

    /// Writes a record of the ledger's own.
    pub(super) fn note(&mut self, payload: Vec<u8>) {
        self.write(vec![Job { payload, waiter: None }]);
    }

    /// How long there is nothing to do but wait for records.
    fn wait(&self) -> Option<Duration> {
        if let Some(trouble) = &self.trouble {
            return Some(trouble.again.saturating_duration_since(Instant::now()));
        }
        let (size, at) = self.headed;
        (size < self.chain.tree.size()).then(|| self.cadence.time.saturating_sub(at.elapsed()))
    }

    fn write(&mut self, jobs: Vec<Job>) {
        match self.append(&jobs) {
            Ok((chain, receipts)) => {
                self.chain = chain;
                for (job, receipt) in jobs.into_iter().zip(receipts) {
                    // who has gone away needs no receipt
                    _ = job.waiter.map(|waiter| waiter.send(Ok(receipt)));
                }
            }
            Err(error) => {
                let why = self.stop(&error);
                refuse(jobs, why);
            }
        }
    }

    fn append(&mut self, jobs: &[Job]) -> io::Result<(Chain, Vec<Receipt>)> {
        let bytes = jobs.iter().map(|job| job.payload.len() + super::frame::AROUND).sum();
        self.disk.roll(&self.chain, bytes)?;
        self.frames.clear();
        let mut chain = self.chain.clone();
        let write = |(before, job): (u32, &Job)| {
            let seq = chain.due();
            Receipt { seq, hash: chain.write(&mut self.frames, before, &job.payload) }
        };
        let receipts = (0..).zip(jobs).map(write).collect();
        self.disk.append(&self.frames)?;
        Ok((chain, receipts))
    }

    /// Nothing more is written until `try_again` has had success.
    fn stop(&mut self, error: &io::Error) -> Unavailable {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded].contains(&error.kind());
        let why = if full { Unavailable::NoSpace } else { Unavailable::Failing };
        if self.trouble.is_none() {
            observe::emit(&Event::LedgerStopped { detail: &error.to_string() });
        }
        let since = self.trouble.as_ref().map_or_else(Timestamp::now, |trouble| trouble.since);
        let pause = self.trouble.as_ref().map_or(PAUSE_MIN, |trouble| (trouble.pause * 2).min(PAUSE_MAX));
        self.trouble = Some(Trouble { why, since, pause, again: Instant::now() + pause });
        self.waiting.standing().stop(Some(why));
        why
    }

    /// Cuts what was not acknowledged, and writes that there was a gap. Others may write when that is on the disk.
    fn try_again(&mut self) {
        let Some(Trouble { why, since, .. }) = self.trouble else { return };
        let note = recovery::gap(self.disk.instance(), why, since, Timestamp::now());
        let outcome = self.disk.restore(&self.chain).and_then(|()| self.append(&[Job { payload: note, waiter: None }]));
        match outcome {
            Ok((chain, _)) => {
                self.chain = chain;
                self.trouble = None;
                self.waiting.standing().stop(None);
                observe::emit(&Event::LedgerBack);
            }
            Err(error) => {
                self.stop(&error);
            }
        }
    }

    /// Hands on where the tree stands, when that is due.
    fn head(&mut self, last: bool) {
        let (size, (headed, at)) = (self.chain.tree.size(), self.headed);
        if size > headed && (last || size - headed >= self.cadence.records || at.elapsed() >= self.cadence.time) {
            self.heads.put(Head { size, root: self.chain.tree.root(), at: Timestamp::now() });
            self.headed = (size, Instant::now());
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // however it ends, the notary ends too
        self.heads.close();
    }
}

fn refuse(jobs: Vec<Job>, why: Unavailable) {
    for waiter in jobs.into_iter().filter_map(|job| job.waiter) {
        _ = waiter.send(Err(why));
    }
}
