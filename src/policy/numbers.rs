//! Numbers: a number for each of the records of an answer, by their first cells.

use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Cells that a record may be apart from the next, on average, for them to be looked up by their place.
const APART: usize = 64;

/// Records that lie together have theirs by their place; others, of a file of which an answer takes a few, by a hash.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Of the cell that `near` begins with.
    first: u32,
    step: Step,
    /// The number and one more; 0 for none, and for a larger one. A byte each, so that they stay close at hand.
    near: Vec<u8>,
    far: HashMap<u32, u32, RandomState>,
}

/// Cells from one record to the next.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    cells: u32,
    /// One over it, in parts of 2^64: to multiply takes less time than to divide, and is exact (Lemire, Kaser and Kurz, "Faster remainder
    /// by direct computation", 2019).
    inverse: u64,
}

impl Step {
    fn of(cells: u32) -> Self {
        let cells = cells.max(1);
        Self { cells, inverse: (u64::MAX / u64::from(cells)).wrapping_add(1) }
    }

    /// How many steps make so many cells, if that is a whole number.
    #[inline]
    fn count(self, cells: u32) -> Option<u32> {
        if self.cells <= 1 {
            return Some(cells);
        }
        let count = u32::try_from((u128::from(self.inverse) * u128::from(cells)) >> 64).ok()?;
        (count.wrapping_mul(self.cells) == cells).then_some(count)
    }
}

impl Numbers {
    /// For records that start at these cells, of so many columns. `alone`: nothing within them has a number.
    pub(super) fn around(starts: &[u32], width: u32, alone: bool) -> Self {
        let around = |(first, last): (u32, u32), at: &u32| (first.min(*at), last.max(*at));
        let (first, last) = starts.first().map_or((0, 0), |at| starts.iter().fold((*at, *at), around));
        let step = Step::of(if alone { width } else { 1 });
        let step = if starts.iter().all(|at| step.count(at - first).is_some()) { step } else { Step::of(1) };
        let cells = (last - first) as usize + width as usize;
        let is_near = cells <= starts.len().saturating_mul(APART);
        let near = if is_near { vec![0; cells.div_ceil(step.cells as usize)] } else { Vec::new() };
        Self { first, step, near, far: HashMap::default() }
    }

    /// Where a record stands in `near`, if it starts where one can.
    #[inline]
    fn place(&self, at: u32) -> Option<usize> {
        Some(self.step.count(at.checked_sub(self.first)?)? as usize)
    }

    #[inline]
    pub(super) fn insert(&mut self, at: u32, number: u32) {
        let near = self.place(at).and_then(|place| self.near.get_mut(place));
        let more = number.checked_add(1).and_then(|more| u8::try_from(more).ok());
        match (near, more) {
            (Some(place), Some(more)) => *place = more,
            (near, _) => {
                if let Some(place) = near {
                    *place = 0;
                }
                self.far.insert(at, number);
            }
        }
    }

    /// Of many records, mostly each behind the one before.
    pub(super) fn insert_all(&mut self, all: impl Iterator<Item = (u32, u32)>) {
        let cells = self.step.cells;
        let mut before: Option<(u32, usize)> = None;
        for (at, number) in all {
            let next = before.filter(|(before, _)| at.checked_sub(*before) == Some(cells)).map(|(_, place)| place + 1);
            let place = next.or_else(|| self.place(at));
            before = place.map(|place| (at, place));
            let more = number.checked_add(1).and_then(|more| u8::try_from(more).ok());
            match (place.and_then(|place| self.near.get_mut(place)), more) {
                (Some(near), Some(more)) => *near = more,
                _ => self.insert(at, number),
            }
        }
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> Option<u32> {
        match self.place(at).and_then(|place| self.near.get(place)) {
            Some(more) if *more > 0 => Some(u32::from(*more) - 1),
            _ if self.far.is_empty() => None,
            _ => self.far.get(&at).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn steps_are_counted_as_by_dividing(cells in any::<u32>(), step in prop_oneof![1_u32..40, any::<u32>()]) {
            let step = step.max(1);
            for cells in [cells, cells / step * step] {
                let expected = cells.is_multiple_of(step).then(|| cells / step);
                prop_assert_eq!(Step::of(step).count(cells), expected);
            }
        }

        /// However far apart they lie, and where objects within them lie: as a map would have it.
        #[test]
        fn are_those_of_a_map(
            starts in prop::collection::vec(0_u32..2_000, 0..40),
            width in 0_u32..9,
            (alone, together) in any::<(bool, bool)>(),
            inserted in prop::collection::vec((0_u32..2_100, prop_oneof![0_u32..5, 250..260_u32]), 0..60),
        ) {
            let mut numbers = Numbers::around(&starts, width, alone);
            let mut expected = HashMap::new();
            expected.extend(inserted.iter().copied());
            if together {
                numbers.insert_all(inserted.into_iter());
            } else {
                for (at, number) in inserted {
                    numbers.insert(at, number);
                }
            }
            for at in 0..2_200 {
                prop_assert_eq!(numbers.get(at), expected.get(&at).copied());
            }
        }
    }
}
