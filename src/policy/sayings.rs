//! Sayings: what records say of themselves, each once. Records that say the same get the same verdict.
//!
//! Most facts are a truth or a code that stands in a column of the record. Such a record is known again by a few numbers: which of the
//! values that were seen in a column it has. What else a record says is written down and compared.

use super::known::Lost;
use super::rule::Said;
use crate::graph::TypeId;
use crate::record::{Cell, Raw, Text};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// What a record says: its type, its facts (`None` for a value that is none of its type), and what could not be found out.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Saying<'a> {
    pub(super) on: TypeId,
    pub(super) facts: Vec<Option<Said<'a>>>,
    pub(super) lost: &'a [(u8, Lost)],
}

/// Texts of one column that are looked through one by one.
const FEW: usize = 16;
/// Places for signatures: a power of two.
const PLACES: usize = 32;

/// All that was said so far, with the numbers of the profiles.
#[derive(Default)]
pub(super) struct Sayings<'a>(HashMap<Saying<'a>, u32, RandomState>);

/// Values that were seen in the columns of facts, and which of them came together.
pub(super) struct Seen<'a> {
    columns: Vec<Column<'a>>,
    /// By what stands in the columns: the number of the profile. Each in the place that its signature has.
    numbers: Vec<(Signature, u32)>,
    /// Those whose place another has.
    further: Vec<(Signature, u32)>,
}

/// Where a fact stands, from the first cell of a record, and the texts that were seen there.
struct Column<'a> {
    at: u32,
    /// Where each of the texts lies.
    places: Vec<u64>,
    texts: Vec<Head<'a>>,
    /// Whether the same text was seen in another place too: then it is of no use to compare places.
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

    /// The number of a profile, in the room of a signature.
    pub(super) fn of_profile(number: u32) -> Self {
        Self(number.into())
    }

    pub(super) fn profile(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }

    /// Which of so many places it has: the highest bits of a product, on which all others have a say.
    #[inline]
    fn place(self) -> usize {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        usize::try_from(self.0.wrapping_mul(GOLDEN) >> (u64::BITS - PLACES.trailing_zeros())).unwrap_or(0)
    }
}

/// A text, and its first and last bytes, by which most are told apart.
struct Head<'a> {
    first: u64,
    last: u64,
    text: &'a [u8],
}

/// Bytes up to which a text is all in the first and the last of them.
const HEAD_BYTES: usize = 16;

impl<'a> Sayings<'a> {
    pub(super) fn number(&self, saying: &Saying<'a>) -> Option<u32> {
        self.0.get(saying).copied()
    }

    pub(super) fn add(&mut self, saying: Saying<'a>, number: u32) {
        self.0.insert(saying, number);
    }
}

impl<'a> Seen<'a> {
    /// `None` where there are more facts than a signature has places.
    pub(super) fn of(columns: Vec<u32>) -> Option<Self> {
        let has_places = columns.len() <= size_of::<Signature>();
        let column = |at| Column { at, places: Vec::new(), texts: Vec::new(), is_scattered: false };
        has_places.then(|| Self {
            columns: columns.into_iter().map(column).collect(),
            numbers: vec![(Signature::NONE, 0); PLACES],
            further: Vec::new(),
        })
    }

    /// Of the record that starts at a cell.
    pub(super) fn signature(&mut self, raw: &'a Raw, at: u32) -> Signature {
        let mut signature = [Signature(0)];
        self.sign(raw, &[at], &mut signature);
        let [signature] = signature;
        signature
    }

    /// Of the records that start at these cells, column by column. `signatures`: as many, all of nothing.
    fn sign(&mut self, raw: &'a Raw, starts: &[u32], signatures: &mut [Signature]) {
        for column in &mut self.columns {
            for (at, signature) in starts.iter().zip(&mut *signatures) {
                let byte = match raw.cell(at + column.at) {
                    Cell::Null => Some(0),
                    Cell::Bool(truth) => Some(1 + u8::from(truth)),
                    Cell::Text(text) => column.byte(raw, text),
                    _ => None,
                };
                // What has none has none for good: every byte is less than that of `NONE`.
                signature.0 = match byte {
                    Some(byte) if signature.is_some() => signature.0 << 8 | u64::from(byte),
                    _ => Signature::NONE.0,
                };
            }
        }
    }

    /// The same, for whoever has many.
    pub(super) fn signatures(&mut self, raw: &'a Raw, starts: &[u32]) -> Vec<Signature> {
        let mut signatures = vec![Signature(0); starts.len()];
        self.sign(raw, starts, &mut signatures);
        signatures
    }

    #[inline]
    pub(super) fn number(&self, of: Signature) -> Option<u32> {
        match self.numbers.get(of.place()) {
            Some((known, number)) if *known == of => Some(*number),
            _ => self.further.iter().find(|(known, _)| *known == of).map(|(_, number)| *number),
        }
    }

    pub(super) fn remember(&mut self, of: Signature, number: u32) {
        match self.numbers.get_mut(of.place()) {
            Some(place) if !place.0.is_some() => *place = (of, number),
            _ if self.further.len() < FEW * FEW => self.further.push((of, number)),
            _ => {}
        }
    }
}

impl<'a> Column<'a> {
    /// What stands for a text in a signature; `None` for one more than a few.
    #[inline]
    fn byte(&mut self, raw: &'a Raw, text: Text) -> Option<u8> {
        let place = u64::from(text.start) << 32 | u64::from(text.len);
        let known = if self.is_scattered { None } else { self.places.iter().position(|known| *known == place) };
        let number = known.or_else(|| self.number(raw, text, place))?;
        u8::try_from(number).ok()?.checked_add(3)
    }

    fn number(&mut self, raw: &'a Raw, text: Text, place: u64) -> Option<usize> {
        let start = text.start as usize;
        let head = Head::of(raw.text.as_bytes().get(start..start + text.len as usize)?);
        if let Some(known) = self.texts.iter().position(|known| known.is(&head)) {
            self.is_scattered = true;
            return Some(known);
        }
        if self.texts.len() == FEW {
            return None;
        }
        self.places.push(place);
        self.texts.push(head);
        self.texts.len().checked_sub(1)
    }
}

impl<'a> Head<'a> {
    #[inline]
    fn of(text: &'a [u8]) -> Self {
        // They overlap, where there are fewer: with the length they say as much as the bytes one by one.
        let four = |bytes: [u8; 4]| u64::from(u32::from_le_bytes(bytes));
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (text.first_chunk(), text.last_chunk()) {
                (Some(first), Some(last)) => (four(*first), four(*last)),
                _ => (text.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
            },
        };
        Self { first, last, text }
    }

    #[inline]
    fn is(&self, other: &Head<'_>) -> bool {
        (self.first, self.last, self.text.len()) == (other.first, other.last, other.text.len())
            && (self.text.len() <= HEAD_BYTES || self.text == other.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::SourceId;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// As many texts as are looked through, of all lengths.
    const KINDS: &str = "[ab]?|[ab]aaa|b{5}[ab]|the (one|two)|b{8}|[ab] text of 16 all|longer (one|two) than it[ab]";

    proptest! {
        /// Two records have the same signature exactly if the same stands in their columns; where one has none, they are compared in full.
        #[test]
        fn the_same_signature_says_the_same(
            records in prop::collection::vec((0_u8..4, KINDS, any::<bool>()), 1..60),
            (condensed, together) in any::<(bool, bool)>(),
        ) {
            let mut raw = Raw::empty(Arc::default(), SourceId(0));
            for (kind, text, truth) in &records {
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
            let raw = if condensed { raw.condensed() } else { raw };
            let mut seen = Seen::of(vec![0, 1]).unwrap();
            let starts: Vec<u32> = (0..).take(records.len()).map(|n| n * 2).collect();
            let said = if together {
                seen.signatures(&raw, &starts)
            } else {
                starts.iter().map(|at| seen.signature(&raw, *at)).collect()
            };
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
        for n in 0..200 {
            assert_eq!(seen.number(Signature(n)), None);
            seen.remember(Signature(n), u32::try_from(n).unwrap() + 7);
        }
        assert!((0..200).all(|n| seen.number(Signature(n)) == u32::try_from(n + 7).ok()));
        (1_000..2_000).for_each(|n| seen.remember(Signature(n), 1));
        assert!(seen.further.len() <= FEW * FEW);
    }

    #[test]
    fn only_a_few_texts_are_looked_through() {
        let mut raw = Raw::empty(Arc::default(), SourceId(0));
        for n in 0..100 {
            let text = raw.push_text(&n.to_string());
            raw.cells.push(text);
        }
        let mut seen = Seen::of(vec![0]).unwrap();
        let known = (0..100).filter(|at| seen.signature(&raw, *at).is_some()).count();
        assert_eq!(known, FEW);
        assert!(Seen::of(vec![0; 9]).is_none());
    }
}
