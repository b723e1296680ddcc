//! Known: what is known of the records of one answer and does not stand in them, by their first cells. What closes them, whose they are,
//! and facts that another source holds.

use super::rule::{Said, Scalar};
use super::vocabulary::{CLOSED, SUBJECT};
use crate::graph::SourceId;
use crate::record::is_same;
use std::collections::HashMap;
use std::sync::Arc;

/// Gathered for one answer, before its records are decided on.
#[derive(Debug, Default, Clone)]
pub struct Known {
    /// Kinds, sorted, each once. From our own registry, read for this answer.
    closed: HashMap<u32, Vec<Arc<str>>>,
    subjects: Subjects,
    /// By first cell and position of the fact. None are there where nothing is said.
    said: HashMap<(u32, u8), Vec<Value>>,
    /// Facts that could not be found out, by first cell.
    lost: HashMap<u32, Vec<(u8, Lost)>>,
}

/// Who could not be asked for a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lost {
    pub source: SourceId,
    pub how: Loss,
}

/// Why a fact could not be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    Timeout,
    Unavailable,
    Invalid,
    Limit(&'static str),
}

/// Whose records are: ids of subjects by first cell. Several where more than one golden record claims the number under which a source
/// has a record.
#[derive(Debug, Default, Clone)]
pub struct Subjects {
    /// First cells, and where an id lies.
    of: Vec<(u32, Id)>,
    /// The ids, one after another: mostly each once.
    ids: String,
}

/// A stretch of [`Subjects::ids`].
#[derive(Debug, Clone, Copy)]
struct Id {
    start: u32,
    len: u32,
}

/// What another record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Truth(bool),
    Number(i64),
    Text(Arc<str>),
}

impl Known {
    pub fn close(&mut self, at: u32, kind: &str) {
        let kinds = self.closed.entry(at).or_default();
        if let Err(place) = kinds.binary_search_by(|known| (**known).cmp(kind)) {
            kinds.insert(place, kind.into());
        }
    }

    /// All of them at once, in any order.
    pub fn belong(&mut self, mut subjects: Subjects) {
        subjects.sort();
        self.subjects = subjects;
    }

    pub fn say(&mut self, at: u32, position: u8, values: Vec<Value>) {
        self.said.insert((at, position), values);
    }

    pub fn lose(&mut self, at: u32, position: u8, lost: Lost) {
        self.lost.entry(at).or_default().push((position, lost));
    }

    /// It is not known whose it is, so not what closes it besides what is entered about itself.
    pub fn lose_subject(&mut self, at: u32, lost: Lost) {
        for position in [SUBJECT, CLOSED] {
            self.lose(at, u8::try_from(position).unwrap_or(u8::MAX), lost);
        }
    }

    #[must_use]
    pub const fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    pub(super) fn into_subjects(self) -> Option<Subjects> {
        Some(self.subjects).filter(|subjects| !subjects.is_empty())
    }

    /// The kinds of what closes the record that starts at this cell.
    pub fn closed(&self, at: u32) -> impl Iterator<Item = &str> {
        self.closed.get(&at).into_iter().flatten().map(|kind| &**kind)
    }

    /// What closes the record that starts at this cell.
    pub(super) fn closures(&self, at: u32) -> Said<'_> {
        let kinds = self.closed.get(&at).into_iter().flatten().map(|kind| Scalar::Text(kind)).collect();
        if self.is_lost(at, CLOSED) { Said::AtLeast(kinds) } else { Said::Many(kinds) }
    }

    /// Whose it is, where that is one and nobody else.
    pub(super) fn subject(&self, at: u32) -> Said<'_> {
        if self.is_lost(at, SUBJECT) {
            return Said::Lost;
        }
        let mut all = self.subjects.of(at);
        match (all.next(), all.next()) {
            (Some(only), None) => Said::One(Scalar::Text(only)),
            _ => Said::Nothing,
        }
    }

    /// Facts of it that could not be found out.
    pub(super) fn lost(&self, at: u32) -> &[(u8, Lost)] {
        self.lost.get(&at).map_or(&[], Vec::as_slice)
    }

    /// Whether every fact could be found out.
    pub(super) fn has_all(&self) -> bool {
        self.lost.is_empty()
    }

    fn is_lost(&self, at: u32, position: usize) -> bool {
        self.lost(at).iter().any(|(lost, _)| usize::from(*lost) == position)
    }

    /// What others say of it; `None` where they say several things and there can be one.
    pub(super) fn elsewhere(&self, at: u32, position: u8, many: bool) -> Option<Said<'_>> {
        if self.is_lost(at, usize::from(position)) {
            return Some(Said::Lost);
        }
        let Some(values) = self.said.get(&(at, position)) else { return Some(Said::Nothing) };
        let mut all: Vec<Scalar<'_>> = values.iter().map(Value::scalar).collect();
        all.sort_unstable();
        all.dedup();
        match (many, all.as_slice()) {
            (true, _) => Some(Said::Many(all)),
            (false, []) => Some(Said::Nothing),
            (false, [only]) => Some(Said::One(*only)),
            (false, _) => None,
        }
    }
}

/// For how many ids room is made before they come, and how long one is, about.
const EXPECTED_MAX: usize = 64;
const ID_BYTES: usize = 12;

impl Subjects {
    /// With room for so many.
    #[must_use]
    pub fn expected(records: usize) -> Self {
        Self { of: Vec::with_capacity(records), ids: String::with_capacity(records.min(EXPECTED_MAX) * ID_BYTES) }
    }

    /// Adds one whose the record is that starts at this cell. Ids that come after one another and are the same lie in one place.
    #[inline]
    pub fn push(&mut self, at: u32, id: &str) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let last = self.of.last().map(|(_, last)| *last).filter(|last| is_same(self.id(*last), id));
        let own = last.unwrap_or_else(|| {
            let start = place(self.ids.len());
            self.ids.push_str(id);
            Id { start, len: place(id.len()) }
        });
        self.of.push((at, own));
    }

    pub fn join(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
        } else {
            others.iter().for_each(|(at, id)| self.push(at, id));
        }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// First cells of records, with the id of one whose each is.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        self.of.iter().map(|(at, id)| (*at, self.id(*id)))
    }

    #[inline]
    fn id(&self, id: Id) -> &str {
        let start = id.start as usize;
        self.ids.get(start..start + id.len as usize).unwrap_or_default()
    }

    /// By first cells and ids, each once.
    fn sort(&mut self) {
        if !self.of.is_sorted_by(|(one, _), (other, _)| one < other) {
            let mut of = std::mem::take(&mut self.of);
            of.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| self.id(*a).cmp(self.id(*b))));
            of.dedup_by(|(one, a), (other, b)| one == other && self.id(*a) == self.id(*b));
            self.of = of;
        }
    }

    /// Ids of those whose the record is that starts at this cell, ascending.
    pub fn of(&self, at: u32) -> impl Iterator<Item = &str> {
        self.after(at, &mut 0)
    }

    /// The same, for whoever asks about one record after another: mostly the next is where the one before ended. `cursor`: 0 at first.
    #[inline]
    pub fn after<'s>(&'s self, at: u32, cursor: &mut usize) -> impl Iterator<Item = &'s str> + use<'s> {
        let starts = |place: usize| {
            let is_of = |place: usize| self.of.get(place).is_some_and(|(known, _)| *known == at);
            is_of(place) && !place.checked_sub(1).is_some_and(is_of)
        };
        let first = if starts(*cursor) { *cursor } else { self.of.partition_point(|(known, _)| *known < at) };
        let rest = self.of.get(first..).unwrap_or_default();
        let count = rest.iter().take_while(|(known, _)| *known == at).count();
        *cursor = first + count;
        rest.iter().take(count).map(|(_, id)| self.id(*id))
    }
}

impl Value {
    fn scalar(&self) -> Scalar<'_> {
        match self {
            Self::Truth(truth) => Scalar::Truth(*truth),
            Self::Number(number) => Scalar::Number(*number),
            Self::Text(text) => Scalar::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// In whatever order one asks, and with whatever cursor one begins.
        #[test]
        fn whoever_asks_one_after_another_gets_the_same(
            mut all in prop::collection::vec((0_u32..20, "[a-c]{1,2}"), 0..30),
            asked in prop::collection::vec(0_u32..22, 0..40),
            mut cursor in 0_usize..40,
        ) {
            let mut subjects = Subjects::default();
            for (at, id) in &all {
                subjects.push(*at, id);
            }
            subjects.sort();
            all.sort();
            all.dedup();
            for at in asked {
                let expected: Vec<&str> = all.iter().filter(|(of, _)| *of == at).map(|(_, id)| id.as_str()).collect();
                let found: Vec<&str> = subjects.after(at, &mut cursor).collect();
                prop_assert_eq!(&found, &expected);
                let found: Vec<&str> = subjects.of(at).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
