//! Had: how and when the records of one `Raw` were had, where that is not the same for all of them.

use super::Raw;

/// How a record was had.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Had {
    /// From its source, just now.
    #[default]
    Asked,
    /// From its source, a while ago that is short enough.
    Kept,
    /// From its source, longer ago than that: it could not be asked.
    Stale,
}

/// Records that lie one after the other and were had in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The first cell of the first of them.
    pub from: u32,
    /// Seconds since 1970 at which their source was asked.
    pub retrieved_at: i64,
    pub had: Had,
}

impl Raw {
    /// How the record around a cell was had, and the seconds since 1970 at which its source was asked.
    #[must_use]
    pub fn had(&self, at: u32) -> (Had, i64) {
        let after = self.stretches.partition_point(|stretch| stretch.from <= at);
        let found = after.checked_sub(1).and_then(|number| self.stretches.get(number));
        found.map_or((Had::Asked, self.retrieved_at), |stretch| (stretch.had, stretch.retrieved_at))
    }

    /// What comes next was had so.
    pub fn stretch(&mut self, had: Had, retrieved_at: i64) {
        if self.stretches.last().is_some_and(|last| last.had == had && last.retrieved_at == retrieved_at) {
            return;
        }
        let from = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.stretches.push(Stretch { from, retrieved_at, had });
    }
}
