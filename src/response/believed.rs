//! Believed: which of several sources speaks for a field of an object.

use super::object::{Object, Writer};
use super::path;
use crate::error::Error;
use crate::execute::Failure;
use crate::plan::At;
use crate::policy::Disclosed;
use crate::record::Cell;

impl<'a> Object<'a> {
    /// The value that is believed, and the number of its place: the first that is there. One that stands in for others counts
    /// only where one of them could not be asked.
    pub fn believed(self, places: impl Iterator<Item = At>) -> Option<(usize, &'a Disclosed, Cell)> {
        let mut unasked = false;
        for (n, at) in places.enumerate() {
            if at.stands_in && !unasked {
                continue;
            }
            match self.cell(at) {
                Some((_, Cell::Null)) => {}
                Some((record, cell)) => return Some((n, record, cell)),
                None => unasked |= self.failure(at).is_some(),
            }
        }
        None
    }

    /// Which source speaks for a field, by its completion, and whether another was to be asked first and could not be. Where
    /// none has a value it is the first that has the record.
    pub fn speaker(self, places: &[At]) -> Option<(Option<u32>, bool)> {
        let there = || places.iter().position(|at| !at.stands_in && self.cell(*at).is_some());
        let found = self.believed(places.iter().copied()).map(|(n, ..)| n).or_else(there)?;
        let (before, rest) = places.split_at_checked(found)?;
        let fallback = before.iter().any(|at| self.failure(*at).is_some());
        Some((rest.first()?.completion, fallback))
    }

    /// Why the source of a place could not be asked.
    pub fn failure(self, at: At) -> Option<&'a Failure> {
        let spot = self.spot?;
        spot.level.completed(at.completion? as usize)?.failures_of(spot.item).next()
    }
}

impl<'a> Writer<'a> {
    /// The error of the first completion that could not be asked. Its place is filled in by whoever reports it.
    pub fn unasked(&self, object: Object<'a>, places: impl Iterator<Item = At>) -> Option<Error> {
        let mut places = places;
        places.find_map(|at| Some(path::failed(self.graph, object.failure(at)?)))
    }
}
