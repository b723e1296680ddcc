//! Sayings: what records say of themselves, each once. Records that say the same get the same verdict.
//!
//! Most facts are a truth or a code that stands in a column of the record. Such a record is known again by a few numbers: which of the
//! values that were seen in a column it has. What else a record says is written down and compared.

use super::known::Lost;
use super::rule::Said;
use crate::graph::TypeId;
use crate::record::{Cell, Raw, Text};
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// What a record says: its type, its facts (`None` for a value that is none of its type), and what could not be found out.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Saying<'a> {
    pub(super) on: TypeId,
    pub(super) facts: Vec<Option<Said<'a>>>,
    pub(super) lost: &'a [(u8, Lost)],
}

/// Texts of one column that are told apart, and of those in one answer that are known by where they lie.
const FEW: usize = 32;
const PLACED: usize = 16;
/// Places for signatures: a power of two; and how many more are remembered.
const PLACES: usize = 32;
const FURTHER: usize = 32;

/// All that was said so far, with the numbers of the profiles.
#[derive(Default)]
pub(super) struct Sayings<'a>(HashMap<Saying<'a>, u32, RandomState>);

/// Values that were seen in the columns of facts, and which of them came together.
#[derive(Clone)]
pub(super) struct Seen {
    columns: Vec<Column>,
    /// By what stands in the columns: the number of the profile. Each in the place that its signature has.
    numbers: Vec<(Signature, u32)>,
    /// Those whose place another has.
    further: Vec<(Signature, u32)>,
}

/// Where a fact stands, from the first cell of a record, and the texts that were seen there.
#[derive(Clone)]
struct Column {
    at: u32,
    texts: Vec<Head>,
}

/// Where texts of one column lie in one `Raw`, and what stands for them in a signature.
#[derive(Default)]
struct Placed {
    places: [u64; PLACED],
    bytes: [u8; PLACED],
    count: usize,
    /// The same text was seen in another place too: then it is of no use to compare places.
    is_scattered: bool,
}

/// What stands in the columns, a byte each; or that something stands there which is neither a truth nor one of a few texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature(u64);

impl Signature {
    const NONE: Self = Self(u64::MAX);

    pub(super) fn is_some(self) -> bool {
        self != Self::NONE
    }

    /// Which of so many places it has: the highest bits of a product, on which all others have a say.
    #[inline]
    fn place(self) -> usize {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        usize::try_from(self.0.wrapping_mul(GOLDEN) >> (u64::BITS - PLACES.trailing_zeros())).unwrap_or(0)
    }
}

/// A text of a few bytes: its first and its last, which overlap, and how many there are.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head {
    first: u128,
    last: u128,
    len: usize,
}

impl<'a> Sayings<'a> {
    pub(super) fn number(&self, saying: &Saying<'a>) -> Option<u32> {
        self.0.get(saying).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, saying: Saying<'a>, number: u32) {
        self.0.insert(saying, number);
    }
}

impl Seen {
    /// `None` where there are more facts than a signature has places.
    pub(super) fn of(columns: Vec<u32>) -> Option<Self> {
        let has_places = columns.len() <= size_of::<Signature>();
        let column = |at| Column { at, texts: Vec::new() };
        has_places.then(|| Self {
            columns: columns.into_iter().map(column).collect(),
            numbers: vec![(Signature::NONE, 0); PLACES],
            further: Vec::new(),
        })
    }

    /// Of the record that starts at a cell.
    pub(super) fn signature(self: &mut Arc<Self>, raw: &Raw, at: u32) -> Signature {
        let mut signature = [Signature(0)];
        self.sign(raw, &[at], &mut signature);
        let [signature] = signature;
        signature
    }

    /// The same, for whoever has many.
    pub(super) fn signatures(self: &mut Arc<Self>, raw: &Raw, starts: &[u32]) -> Vec<Signature> {
        let mut signatures = vec![Signature(0); starts.len()];
        self.sign(raw, starts, &mut signatures);
        signatures
    }

    /// Of the records that start at these cells, column by column. `signatures`: as many, all of nothing. Others see no texts that are new.
    fn sign(self: &mut Arc<Self>, raw: &Raw, starts: &[u32], signatures: &mut [Signature]) {
        for number in 0..self.columns.len() {
            let Some(column) = self.columns.get(number) else { continue };
            let (mut texts, mut placed) = (Cow::Borrowed(&*column.texts), Placed::default());
            for (at, signature) in starts.iter().zip(&mut *signatures) {
                let byte = match raw.cell(at + column.at) {
                    Cell::Null => Some(0),
                    Cell::Bool(truth) => Some(1 + u8::from(truth)),
                    Cell::Text(text) => placed.byte(&mut texts, raw, text),
                    _ => None,
                };
                // What has none has none for good: every byte is less than that of `NONE`.
                signature.0 = match byte {
                    Some(byte) if signature.is_some() => signature.0 << 8 | u64::from(byte),
                    _ => Signature::NONE.0,
                };
            }
            if let Cow::Owned(texts) = texts
                && let Some(column) = Arc::make_mut(self).columns.get_mut(number)
            {
                column.texts = texts;
            }
        }
    }

    #[inline]
    pub(super) fn number(&self, of: Signature) -> Option<u32> {
        // What has no signature is like nothing: a free place is no answer.
        if !of.is_some() {
            return None;
        }
        match self.numbers.get(of.place()) {
            Some((known, number)) if *known == of => Some(*number),
            _ => self.further.iter().find(|(known, _)| *known == of).map(|(_, number)| *number),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let texts: usize = self.columns.iter().map(|column| column.texts.capacity() * size_of::<Head>()).sum();
        let numbers = (self.numbers.len() + self.further.capacity()) * size_of::<(Signature, u32)>();
        size_of::<Self>() + self.columns.len() * size_of::<Column>() + texts + numbers
    }

    /// How many are remembered.
    pub(super) fn count(&self) -> usize {
        self.numbers.iter().filter(|(known, _)| known.is_some()).count() + self.further.len()
    }

    /// Whether one more can be remembered that has this place.
    pub(super) fn has_room(&self, for_this: Signature) -> bool {
        let is_free = |(known, _): &(Signature, u32)| !known.is_some();
        self.numbers.get(for_this.place()).is_some_and(is_free) || self.further.len() < FURTHER
    }

    pub(super) fn remember(&mut self, of: Signature, number: u32) {
        match self.numbers.get_mut(of.place()) {
            Some(place) if !place.0.is_some() => *place = (of, number),
            _ => self.further.push((of, number)),
        }
    }
}

impl Placed {
    /// What stands for a text in a signature; `None` for a long one, and for one more than a few.
    #[inline]
    fn byte(&mut self, texts: &mut Cow<'_, [Head]>, raw: &Raw, text: Text) -> Option<u8> {
        let place = u64::from(text.start) << 32 | u64::from(text.len);
        if !self.is_scattered {
            let known = self.places.iter().zip(&self.bytes).take(self.count).find(|(known, _)| **known == place);
            if let Some((_, byte)) = known {
                return Some(*byte);
            }
        }
        self.new_byte(texts, raw, text, place)
    }

    fn new_byte(&mut self, texts: &mut Cow<'_, [Head]>, raw: &Raw, text: Text, place: u64) -> Option<u8> {
        let start = text.start as usize;
        let head = Head::of(raw.text.as_bytes().get(start..start + text.len as usize)?)?;
        let number = texts.iter().position(|known| *known == head).or_else(|| {
            (texts.len() < FEW).then(|| texts.to_mut().push(head))?;
            texts.len().checked_sub(1)
        })?;
        let byte = u8::try_from(number).ok()?.checked_add(3)?;
        self.is_scattered |= self.bytes.iter().take(self.count).any(|known| *known == byte);
        if let (false, Some(to), Some(own)) =
            (self.is_scattered, self.places.get_mut(self.count), self.bytes.get_mut(self.count))
        {
            (*to, *own) = (place, byte);
            self.count += 1;
        }
        Some(byte)
    }
}

impl Head {
    /// `None` for a longer text.
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (u128::from_le_bytes(*first), u128::from_le_bytes(*last)),
            _ => Self::of_short(text),
        };
        (text.len() <= 2 * size_of::<u128>()).then_some(Self { first, last, len: text.len() })
    }

    #[inline]
    fn of_short(text: &[u8]) -> (u128, u128) {
        let eight = |bytes: [u8; 8]| u128::from(u64::from_le_bytes(bytes));
        let four = |bytes: [u8; 4]| u128::from(u32::from_le_bytes(bytes));
        match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (eight(*first), eight(*last)),
            _ => match (text.first_chunk(), text.last_chunk()) {
                (Some(first), Some(last)) => (four(*first), four(*last)),
                _ => (text.iter().fold(0, |all, byte| all << 8 | u128::from(*byte)), 0),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::SourceId;
    use proptest::prelude::*;

    /// As many texts as are looked through, of all lengths.
    const KINDS: &str = "[ab]?|[ab]aaa|b{5}[ab]|the (one|two)|b{8}|[ab] text of 16 all|longer one than it[ab]|\
        (one|two) of thirty-two bytes, just so";

    type Record = (u8, String, bool);

    /// Records of two columns.
    fn written<'r>(records: impl Iterator<Item = &'r Record>) -> Raw {
        let mut raw = Raw::empty(Arc::default(), SourceId(0));
        for (kind, text, truth) in records {
            let first = match kind {
                0 => Cell::Null,
                1 => Cell::Bool(*truth),
                2 => Cell::Int(1),
                _ => raw.push_text(text),
            };
            raw.cells.push(first);
            let second = raw.push_text(text);
            raw.cells.push(second);
        }
        raw
    }

    proptest! {
        /// Two records have the same signature exactly if the same stands in their columns; where one has none, they are compared in full.
        #[test]
        fn the_same_signature_says_the_same(
            records in prop::collection::vec((0_u8..4, KINDS, any::<bool>()), 1..60),
            (condensed, together) in any::<(bool, bool)>(),
        ) {
            let mut raw = written(records.iter());
            if condensed {
                raw = raw.condensed();
            }
            let mut seen = Arc::new(Seen::of(vec![0, 1]).unwrap());
            let starts: Vec<u32> = (0..).take(records.len()).map(|n| n * 2).collect();
            let said = if together {
                seen.signatures(&raw, &starts)
            } else {
                starts.iter().map(|at| seen.signature(&raw, *at)).collect::<Vec<_>>()
            };
            // In another answer they have the same.
            let again = seen.signatures(&written(records.iter().rev()), &starts);
            prop_assert!(again.iter().rev().eq(&said));
            for (one, (kind, text, truth)) in said.iter().zip(&records) {
                prop_assert_eq!(!one.is_some(), *kind == 2);
                for (other, (other_kind, other_text, other_truth)) in said.iter().zip(&records) {
                    if one.is_some() && other.is_some() {
                        let same = kind == other_kind && text == other_text && (*kind != 1 || truth == other_truth);
                        prop_assert_eq!(one == other, same);
                    }
                }
            }
        }
    }

    #[test]
    fn a_profile_is_found_again_by_its_signature() {
        let mut seen = Seen::of(vec![0]).unwrap();
        for n in 0..30 {
            assert_eq!(seen.number(Signature(n)), None);
            seen.remember(Signature(n), u32::try_from(n).unwrap() + 7);
        }
        assert!((0..30).all(|n| seen.number(Signature(n)) == u32::try_from(n + 7).ok()));
        assert_eq!((seen.count(), seen.number(Signature::NONE)), (30, None));
        for n in (1_000..2_000).map(Signature) {
            if seen.has_room(n) {
                seen.remember(n, 1);
            }
        }
        assert_eq!(seen.count(), PLACES + FURTHER);
    }

    #[test]
    fn only_a_few_texts_are_looked_through() {
        let mut raw = Raw::empty(Arc::default(), SourceId(0));
        for n in 0..100 {
            let text = raw.push_text(&n.to_string());
            raw.cells.push(text);
        }
        let mut seen = Arc::new(Seen::of(vec![0]).unwrap());
        let known = (0..100).filter(|at| seen.signature(&raw, *at).is_some()).count();
        assert_eq!(known, FEW);
        assert!(Seen::of(vec![0; 9]).is_none());
        assert_eq!(Seen::of(vec![0]).unwrap().number(Signature::NONE), None);
    }
}
