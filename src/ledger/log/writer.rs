//! Writer: the one thread that writes. Takes a batch, writes it, waits for the disk once, tells everybody.

use super::batch::Batch;
use super::chain::Chain;
use super::disk::Disk;
use super::notary::Head;
use super::queue::{Unavailable, Waiting};
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
        Self { disk, chain, waiting, trouble: None, heads, cadence, headed }
    }

    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut batch = Batch::default();
        while self.waiting.take(self.wait(), &mut batch) {
            if self.trouble.as_ref().is_some_and(|trouble| trouble.again <= Instant::now()) {
                self.try_again();
            }
            match &self.trouble {
                Some(trouble) => batch.refuse(trouble.why),
                None if batch.is_empty() => {}
                None => self.write(&mut batch),
            }
            self.head(false);
        }
        self.head(true);
    }

    /// Writes a record of the ledger's own.
    pub(super) fn note(&mut self, payload: &[u8]) {
        self.write(&mut Batch::of(payload));
    }

    /// How long there is nothing to do but wait for records.
    fn wait(&self) -> Option<Duration> {
        if let Some(trouble) = &self.trouble {
            return Some(trouble.again.saturating_duration_since(Instant::now()));
        }
        let (size, at) = self.headed;
        (size < self.chain.tree.size()).then(|| self.cadence.time.saturating_sub(at.elapsed()))
    }

    fn write(&mut self, batch: &mut Batch) {
        match self.append(batch) {
            Ok(chain) => {
                self.chain = chain;
                batch.acknowledge();
            }
            Err(error) => {
                let why = self.stop(&error);
                batch.refuse(why);
            }
        }
    }

    /// Gives where the chain stands then.
    fn append(&mut self, batch: &mut Batch) -> io::Result<Chain> {
        self.disk.roll(&self.chain, batch.bytes())?;
        let mut chain = self.chain.clone();
        self.disk.append(batch.place(&mut chain))?;
        Ok(chain)
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
        let outcome = self.disk.restore(&self.chain).and_then(|()| self.append(&mut Batch::of(&note)));
        match outcome {
            Ok(chain) => {
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
