//! Batch: records that go into one write, as frames that lack nothing but their places in the chain.
//!
//! Who brings a record copies it here, so what it lay in is free again at once, and the writer fills in places and copies nothing.

use super::chain::Chain;
use super::frame;
use super::hash::Hash;
use super::queue::{Receipt, Unavailable};
use std::time::Instant;
use tokio::sync::oneshot;

/// Who waits for a record to be on the disk.
pub(super) type Waiter = oneshot::Sender<Result<Receipt, Unavailable>>;

/// Bytes of frames that a batch keeps room for when it is empty.
const KEPT_BYTES: usize = 8 << 20;

#[derive(Debug, Default)]
pub(super) struct Batch {
    frames: Vec<u8>,
    records: Vec<Queued>,
    /// How many of the records somebody waits for.
    pub(super) awaited: usize,
    /// When it is to be written at the latest; `None` while it is empty.
    pub(super) due: Option<Instant>,
}

/// A record of a batch.
#[derive(Debug)]
struct Queued {
    /// Bytes of its frame.
    len: usize,
    waiter: Option<Waiter>,
    /// When it has its place.
    receipt: Option<Receipt>,
}

impl Batch {
    /// A batch of one, for which nobody waits.
    pub(super) fn of(payload: &[u8]) -> Self {
        let mut batch = Self::default();
        batch.add(payload, Hash::of(payload), None);
        batch
    }

    /// `digest`: of the payload.
    pub(super) fn add(&mut self, payload: &[u8], digest: Hash, waiter: Option<Waiter>) {
        self.awaited += usize::from(waiter.is_some());
        let len = frame::begin(&mut self.frames, payload, digest);
        self.records.push(Queued { len, waiter, receipt: None });
    }

    pub(super) const fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Of all frames.
    pub(super) const fn bytes(&self) -> usize {
        self.frames.len()
    }

    /// Of all payloads.
    pub(super) const fn payload_bytes(&self) -> usize {
        self.frames.len().saturating_sub(self.records.len().saturating_mul(frame::AROUND))
    }

    /// Gives the records the places that are due in a chain, and gives their frames.
    pub(super) fn place(&mut self, chain: &mut Chain) -> &[u8] {
        let mut rest = self.frames.as_mut_slice();
        for (before, record) in (0..).zip(&mut self.records) {
            let Some((frame, after)) = rest.split_at_mut_checked(record.len) else { break };
            let seq = chain.due();
            record.receipt = Some(Receipt { seq, hash: chain.place(frame, before) });
            rest = after;
        }
        &self.frames
    }

    /// Tells everybody who waits that their record is on the disk, and is empty then.
    pub(super) fn acknowledge(&mut self) {
        self.end(|receipt| receipt.ok_or(Unavailable::Failing));
    }

    /// Tells everybody who waits why it is not, and is empty then.
    pub(super) fn refuse(&mut self, why: Unavailable) {
        self.end(|_| Err(why));
    }

    fn end(&mut self, outcome: impl Fn(Option<Receipt>) -> Result<Receipt, Unavailable>) {
        for Queued { waiter, receipt, .. } in self.records.drain(..) {
            // Who has gone away needs no receipt.
            _ = waiter.map(|waiter| waiter.send(outcome(receipt)));
        }
        self.frames.clear();
        self.frames.shrink_to(KEPT_BYTES);
        (self.awaited, self.due) = (0, None);
    }
}
