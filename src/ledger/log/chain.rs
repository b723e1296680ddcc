//! Chain: where a ledger stands, and what the next record must follow.

use super::frame::{self, Flaw, Frame};
use super::hash::Hash;
use super::tree::Frontier;

/// Everything that depends on the records so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// Hash of the last record.
    pub(super) last: Hash,
    pub(super) tree: Frontier,
}

impl Chain {
    /// Before the first record of an instance.
    pub(super) fn start(instance: &str) -> Self {
        Self { last: Hash::start(instance), tree: Frontier::default() }
    }

    /// The number that is due.
    pub(super) fn due(&self) -> u64 {
        self.tree.size() + 1
    }

    /// Adds a record, and gives its frame the place that is due. `before` is the number of those in the same write.
    pub(super) fn place(&mut self, frame: &mut [u8], before: u32) -> Hash {
        let hash = frame::place(frame, before, self.due(), self.last);
        self.push(hash);
        hash
    }

    /// Adds a record that was read, where it is the one that is due.
    pub(super) fn take(&mut self, frame: &Frame<'_>) -> Result<(), Flaw> {
        frame.follows(self.due(), self.last)?;
        self.push(frame.hash);
        Ok(())
    }

    fn push(&mut self, hash: Hash) {
        self.last = hash;
        self.tree.push(hash);
    }
}
