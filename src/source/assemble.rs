//! Assemble: one answer out of what was kept, what flights brought, and what could not be had.

use super::cache::Kept;
use super::decode::Bounds;
use super::{Answer, Groups, Reason};
use crate::record::{Had, Raw};
use std::sync::Arc;

/// Cells that are made room for at the most before they come.
const CELLS_AT_FIRST: usize = 1 << 16;

/// Records on their way into one answer, in whatever order they are had.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    raw: Raw,
    /// First cells of the records of the keys that have any, as they came.
    at: Vec<u32>,
    /// Keys of the answer.
    keys: usize,
    kept: u32,
    bounds: &'a Bounds,
}

/// Where the records of one key stand in a draft.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lot {
    start: usize,
    end: usize,
}

/// What there is for one key in the end.
#[derive(Debug)]
pub(super) enum Piece {
    Had(Lot),
    /// Older than it should be, for this reason.
    Stale(Lot, Reason),
    Failed(Reason),
}

impl<'a> Draft<'a> {
    /// `empty` has the layout of the answer.
    pub fn new(empty: Raw, keys: usize, bounds: &'a Bounds) -> Self {
        Self { raw: empty, at: Vec::with_capacity(keys), keys, kept: 0, bounds }
    }

    /// Takes what was kept; the reason where the answer has no room for it.
    pub fn take(&mut self, kept: &Kept, had: Had) -> Result<Lot, Reason> {
        self.check()?;
        let start = self.at.len();
        if !kept.starts.is_empty() {
            self.make_room(&kept.raw);
            self.raw.stretch(had, kept.raw.retrieved_at);
            let further = self.raw.append(&kept.raw);
            self.at.extend(kept.starts.iter().map(|at| at.saturating_add(further)));
        }
        self.kept += u32::from(had == Had::Kept);
        Ok(Lot { start, end: self.at.len() })
    }

    /// Takes what a flight brought for its key of this number.
    pub fn land(&mut self, answer: &Answer, key: u32) -> Result<Lot, Reason> {
        self.check()?;
        let start = self.at.len();
        for at in answer.groups.of(key) {
            self.raw.stretch(Had::Asked, answer.raw.retrieved_at);
            self.at.push(self.raw.add_copy(&answer.raw, *at));
        }
        Ok(Lot { start, end: self.at.len() })
    }

    /// Calls are not counted here.
    pub fn finish(self, pieces: Vec<Piece>) -> Answer {
        let mut groups = Groups { starts: Vec::with_capacity(self.keys + 1), at: Vec::with_capacity(self.at.len()) };
        let (mut failed, mut stale) = (Vec::new(), Vec::new());
        for (number, piece) in (0_u32..).zip(pieces) {
            groups.starts.push(place(groups.at.len()));
            let lot = match piece {
                Piece::Had(lot) => lot,
                Piece::Stale(lot, reason) => {
                    stale.push((number, reason));
                    lot
                }
                Piece::Failed(reason) => {
                    failed.push((number, reason));
                    continue;
                }
            };
            groups.at.extend_from_slice(self.at.get(lot.start..lot.end).unwrap_or_default());
        }
        groups.starts.push(place(groups.at.len()));
        Answer { stale, kept: self.kept, ..Answer::of(Arc::new(self.raw), groups, failed) }
    }

    fn check(&self) -> Result<(), Reason> {
        let is_full = self.raw.cells.len() > self.bounds.cells_max || self.raw.text.len() > self.bounds.text_bytes_max;
        if is_full { Err(Reason::Limit("cells of an answer")) } else { Ok(()) }
    }

    /// Before the first: as if all were of its size.
    fn make_room(&mut self, first: &Raw) {
        if self.raw.cells.capacity() == 0 {
            let all = |one: usize| one.saturating_mul(self.keys).min(CELLS_AT_FIRST);
            self.raw.cells.reserve(all(first.cells.len()));
            self.raw.text.reserve(all(first.text.len()));
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
