//! Distinct: keys, each once, numbered in the order in which they first came.
//!
//! As a set of texts would do it, but the keys lie as a fetch wants them, and nothing is put together to compare those of several parts.

use crate::record::{Keys, Part};
use foldhash::fast::RandomState;
use std::hash::BuildHasher as _;

#[derive(Debug)]
pub struct Distinct<'a> {
    keys: Keys<'a>,
    count: u32,
    /// Where a key hashes to, or after it: its number, from 1. Half of the places and more are free, 0; their number is a power of two.
    places: Vec<u32>,
    hasher: RandomState,
}

impl<'a> Distinct<'a> {
    /// With room for so many keys.
    #[must_use]
    pub fn new(parts: usize, room: usize) -> Self {
        let mut keys = Keys::new(parts);
        keys.values.reserve(room.saturating_mul(parts));
        Self { keys, count: 0, places: vec![0; places(room)], hasher: RandomState::default() }
    }

    /// The number of a key of as many parts as all have.
    pub fn add(&mut self, key: impl IntoIterator<Item = Part<'a>>) -> u32 {
        let (new, start) = (self.count, self.keys.values.len());
        if (new as usize + 1) * 2 > self.places.len() {
            self.spread(new as usize + 1);
        }
        self.keys.values.extend(key);
        let (known, key) = self.keys.values.split_at_checked(start).unwrap_or_default();
        let is = |known_number: u32| {
            let start = (known_number as usize).saturating_mul(key.len());
            known.get(start..start.saturating_add(key.len())) == Some(key)
        };
        let mut at = self.first(key);
        loop {
            match self.places.get_mut(at) {
                Some(place) if *place == 0 => {
                    *place = new + 1;
                    self.count += 1;
                    return new;
                }
                Some(place) if is(*place - 1) => {
                    let known = *place - 1;
                    self.keys.values.truncate(start);
                    return known;
                }
                Some(_) => at = (at + 1) & (self.places.len() - 1),
                // Never: a place is within them.
                None => return new,
            }
        }
    }

    #[must_use]
    pub fn into_keys(self) -> Keys<'a> {
        self.keys
    }

    /// Puts all keys in their places among as many as it takes for `keys` of them.
    #[cold]
    fn spread(&mut self, keys: usize) {
        self.places = vec![0; places(keys)];
        for (number, key) in (1..).zip(self.keys.iter()) {
            let mut at = self.first(key);
            while self.places.get(at).is_some_and(|place| *place != 0) {
                at = (at + 1) & (self.places.len() - 1);
            }
            if let Some(place) = self.places.get_mut(at) {
                *place = number;
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are as good as all")]
    fn first(&self, key: &[Part<'a>]) -> usize {
        let hash = match key {
            [only] => self.hasher.hash_one(&**only),
            parts => self.hasher.hash_one(parts),
        };
        hash as usize & self.places.len().saturating_sub(1)
    }
}

fn places(keys: usize) -> usize {
    keys.saturating_mul(2).max(2).checked_next_power_of_two().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::borrow::Cow;

    proptest! {
        /// However many there are and wherever they hash to: the same number for the same key, and the keys in the order in which they came.
        #[test]
        fn numbers_keys_as_a_list_would(keys in prop::collection::vec("[ab]{0,3}", 0..64), parts in 1_usize..3, room in 0_usize..9) {
            let mut distinct = Distinct::new(parts, room);
            let mut expected: Vec<&[String]> = Vec::new();
            for key in keys.chunks_exact(parts) {
                let number = expected.iter().position(|known| *known == key).unwrap_or_else(|| {
                    expected.push(key);
                    expected.len() - 1
                });
                prop_assert_eq!(distinct.add(key.iter().map(|part| Cow::Borrowed(part.as_str()))) as usize, number);
            }
            let distinct = distinct.into_keys();
            prop_assert!(distinct.iter().map(<[_]>::to_vec).eq(expected.iter().map(|key| key.to_vec())));
        }
    }

    #[test]
    fn parts_are_told_apart() {
        let mut distinct = Distinct::new(2, 0);
        assert_eq!(distinct.add(["ab".into(), "c".into()]), 0);
        assert_eq!(distinct.add(["a".into(), "bc".into()]), 1);
        assert_eq!(distinct.add(["ab".into(), "c".into()]), 0);
    }
}
