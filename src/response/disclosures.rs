//! Disclosures: which records stand in an answer, and what of each. For the ledger: ids and names of fields, never their values.
//!
//! The writer only marks which objects it wrote, and takes marks back where a null takes back what is around it. Here the marks become
//! records: the objects within a record count with it, and records of which the same was given share one shape.

use super::mark::{Claimed, Exception, Mark};
use super::object::Writer;
use super::sources::Asked;
use super::texts::Texts;
use crate::graph::{FieldId, SourceId, TypeId};
use crate::operation::{Selected, SelectionId};
use crate::plan::{Objects, Out, OutValue};
use crate::policy::{Disclosed, Outcome};
use crate::record::{Cell, What, is_same};
use foldhash::fast::RandomState;
use indexmap::IndexSet;
use std::collections::{BTreeMap, HashMap};

/// What stands in an answer.
#[derive(Debug, Clone, Default)]
pub struct Disclosures {
    pub shapes: Vec<Shape>,
    /// Ids of the persons whose records they are, each once.
    pub persons: Texts,
    /// Every source that was asked.
    pub sources: Vec<Asked>,
}

/// Records of which the same was given and withheld.
#[derive(Debug, Clone)]
pub struct Shape {
    pub scope: Scope,
    /// A text for each record: the parts of its key with a space between them; empty where it is not known.
    pub keys: Texts,
    /// For each record the number of its person, where that is known.
    pub of: Vec<Option<u32>>,
}

/// What was given of some records, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    pub on: TypeId,
    pub source: Option<SourceId>,
    /// Fields of the records, and of objects within them.
    pub given: Vec<FieldId>,
    /// Not given, and told so.
    pub withheld: Vec<(FieldId, Outcome)>,
    /// They may be had, and could not be given.
    pub lacking: Vec<FieldId>,
}

/// One object as it was written. Two that are equal were given and withheld alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Part {
    objects: *const Objects,
    record: Option<*const Disclosed>,
    variant: u32,
    profile: u32,
    /// The number of its list of exceptions, from 1; 0 where there is none.
    exceptions: u32,
}

/// `marks`: those of the writer.
pub fn of(writer: &Writer<'_>, marks: &[Mark<'_>], asked: &[Asked]) -> Disclosures {
    let (of, exceptions) = exceptions(writer);
    let mut telling = Telling {
        writer,
        marks,
        exceptions,
        told: Disclosures { sources: asked.to_vec(), persons: persons(marks), ..Disclosures::default() },
        streams: Vec::new(),
        last: 0,
        further: HashMap::default(),
        persons: HashMap::with_capacity_and_hasher(marks.len().min(PERSONS_EXPECTED), RandomState::default()),
        before: None,
    };
    if marks.iter().all(Mark::is_own) {
        for (number, mark) in (0_u32..).zip(marks) {
            telling.alone(number, Part::of(mark, number, &of));
        }
    } else {
        for parts in parts(marks, &of).chunk_by(|(one, ..), (other, ..)| one == other) {
            telling.record(parts);
        }
    }
    telling.claims(&writer.claimed);
    telling.told
}

/// Room for the persons of an answer.
fn persons(marks: &[Mark<'_>]) -> Texts {
    let mut persons = Texts::default();
    persons.expect(marks.len().min(PERSONS_EXPECTED), KEY_BYTES);
    persons
}

impl Part {
    #[inline]
    fn of(mark: &Mark<'_>, number: u32, exceptions: &HashMap<u32, u32, RandomState>) -> Self {
        Self {
            objects: mark.objects,
            record: mark.record.map(std::ptr::from_ref),
            variant: mark.variant,
            profile: mark.record.map(|record| record.alike(mark.at)).unwrap_or_default(),
            exceptions: if exceptions.is_empty() { 0 } else { exceptions.get(&number).copied().unwrap_or_default() },
        }
    }
}

/// What became of some members of an object, other than was decided.
type Exceptions = Vec<(SelectionId, Option<Outcome>)>;

/// The exceptions of each mark that has any: by the number of a list of them, from 1; each list once.
fn exceptions(writer: &Writer<'_>) -> (HashMap<u32, u32, RandomState>, Vec<Exceptions>) {
    let mut by_mark: BTreeMap<u32, Exceptions> = BTreeMap::new();
    for Exception { mark, selection, withheld } in &writer.exceptions {
        let of = by_mark.entry(*mark).or_default();
        // A list with several bad elements is one member.
        if of.last() != Some(&(*selection, *withheld)) {
            of.push((*selection, *withheld));
        }
    }
    let mut lists: IndexSet<Exceptions, RandomState> = IndexSet::default();
    let mut number = |list| u32::try_from(lists.insert_full(list).0 + 1).unwrap_or(u32::MAX);
    let of = by_mark.into_iter().map(|(mark, list)| (mark, number(list))).collect();
    (of, lists.into_iter().collect())
}

/// The parts of the answer, each with the numbers of its record's mark and of its own; those of one record after one another, and the
/// records in the order in which they were begun.
fn parts(marks: &[Mark<'_>], exceptions: &HashMap<u32, u32, RandomState>) -> Vec<(u32, u32, Part)> {
    let mut owners: Vec<u32> = Vec::with_capacity(marks.len());
    let mut parts: Vec<(u32, u32, Part)> = Vec::with_capacity(marks.len());
    let mut is_sorted = true;
    for (number, mark) in (0_u32..).zip(marks) {
        let own = mark.is_own();
        let owner = if own { number } else { owners.get(mark.around as usize).copied().unwrap_or(number) };
        owners.push(owner);
        let part = Part::of(mark, number, exceptions);
        let before = parts.last().map(|(owner, _, part)| (*owner, *part));
        if own || before != Some((owner, part)) {
            is_sorted &= before.is_none_or(|(before, _)| before <= owner);
            parts.push((owner, number, part));
        }
    }
    if !is_sorted {
        parts.sort_by_key(|(owner, ..)| *owner);
    }
    parts
}

struct Telling<'a, 'w> {
    writer: &'w Writer<'a>,
    marks: &'w [Mark<'a>],
    exceptions: Vec<Exceptions>,
    told: Disclosures,
    /// The first are looked through one by one: most records are like one of few.
    streams: Vec<Stream>,
    /// The stream of the record before.
    last: usize,
    /// The others, by their parts.
    further: HashMap<Box<[Part]>, usize, RandomState>,
    persons: HashMap<&'w str, u32, RandomState>,
    /// The person of the record before: mostly it is the same.
    before: Option<(&'w str, u32)>,
}

/// Records of one answer that were written alike.
struct Stream {
    first: Part,
    rest: Box<[Part]>,
    /// `None` for what is no record and of which nothing is withheld.
    shape: Option<usize>,
    /// How far the persons of the answer's records were gone through.
    cursor: usize,
    /// The column with the source's own time, and the number of the source.
    aging: Option<(u32, usize)>,
    /// The other stream whose record came last after one of this.
    next: usize,
}

impl Stream {
    #[inline]
    fn is_of(&self, parts: &[(u32, u32, Part)]) -> bool {
        let Some(((.., first), rest)) = parts.split_first() else { return false };
        let is_same = |(known, (.., part)): (&Part, &(u32, u32, Part))| known == part;
        *first == self.first && self.rest.len() == rest.len() && self.rest.iter().zip(rest).all(is_same)
    }
}

/// How many streams are looked through one by one.
const FIRST: usize = 8;
/// For how many records, and persons, room is made before they come.
const EXPECTED_MAX: usize = 256;
const PERSONS_EXPECTED: usize = 64;
/// Bytes of a key, about.
const KEY_BYTES: usize = 16;
/// With how many shapes a new one is compared: more are rare, and need not be few.
const SAME_MAX: usize = 64;

impl<'w> Telling<'_, 'w> {
    /// A record without objects in it.
    #[inline]
    fn alone(&mut self, number: u32, part: Part) {
        let is_of = |stream: &Stream| stream.rest.is_empty() && stream.first == part;
        let stream = self.guess(is_of).unwrap_or_else(|| self.stream_of(&[(number, number, part)]));
        self.tell(stream, number);
    }

    /// `parts`: of one record, its own first.
    fn record(&mut self, parts: &[(u32, u32, Part)]) {
        let Some((owner, ..)) = parts.first() else { return };
        let stream = self.guess(|stream| stream.is_of(parts)).unwrap_or_else(|| self.stream_of(parts));
        self.tell(stream, *owner);
    }

    /// The stream that the next record is of, mostly: that of the record before, or the other that came after this the last time.
    #[inline]
    fn guess(&self, is_of: impl Fn(&Stream) -> bool) -> Option<usize> {
        let last = self.streams.get(self.last)?;
        if is_of(last) {
            return Some(self.last);
        }
        self.streams.get(last.next).is_some_and(is_of).then_some(last.next)
    }

    /// The number of the stream of a record; a new one where there is none.
    #[inline(never)]
    fn stream_of(&mut self, parts: &[(u32, u32, Part)]) -> usize {
        let known = self.streams.iter().take(FIRST).position(|stream| stream.is_of(parts));
        known.unwrap_or_else(|| self.stream(parts))
    }

    /// Tells of a record of this stream: of the one that this mark is of.
    #[inline]
    fn tell(&mut self, stream: usize, number: u32) {
        if stream != self.last
            && let Some(last) = self.streams.get_mut(self.last)
        {
            last.next = stream;
        }
        self.last = stream;
        let marks = self.marks;
        let (Some(mark), Some(of)) = (marks.get(number as usize), self.streams.get_mut(stream)) else { return };
        let (Some(shape), mut cursor, aging) = (of.shape, of.cursor, of.aging) else { return };
        self.put_all(shape, mark, &mut cursor);
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.cursor = cursor;
        }
        if let (Some(aging), Some(record)) = (aging.filter(|_| mark.whole), mark.record) {
            self.note_age(aging, record, mark.at);
        }
    }

    /// What other sources were said to claim of records: of each source as if it had given the fields of the record itself.
    fn claims(&mut self, claimed: &[Claimed]) {
        let mut by_source: BTreeMap<(u32, u16), Vec<FieldId>> = BTreeMap::new();
        for Claimed { mark, source, field } in claimed {
            put(by_source.entry((*mark, source.0)).or_default(), *field);
        }
        for ((number, source), given) in by_source {
            let Some(mark) = self.marks.get(number as usize) else { continue };
            let on = mark.objects.variants.get(mark.variant as usize).map_or(self.root(), |(on, _)| *on);
            let (withheld, lacking) = Default::default();
            let shape = self.number(Scope { on, source: Some(SourceId(source)), given, withheld, lacking });
            self.put_all(shape, mark, &mut 0);
        }
    }

    /// A record of a shape, once for everybody whose it is. `cursor`: for whoever goes through the records of one answer.
    #[inline]
    fn put_all(&mut self, shape: usize, mark: &Mark<'w>, cursor: &mut usize) {
        let marks = self.marks;
        let mut is_known = false;
        let whole = whole(marks, mark);
        // What several are said to be is on record for each of them.
        if let Some(record) = whole.record {
            for id in record.subjects_after(whole.at, cursor) {
                let person = self.number_of(id);
                self.put(shape, mark, Some(person));
                is_known = true;
            }
        }
        if !is_known {
            self.put(shape, mark, None);
        }
    }

    fn put(&mut self, shape: usize, mark: &Mark<'_>, person: Option<u32>) {
        if let (Some(record), Some(told)) = (mark.record, self.told.shapes.get_mut(shape)) {
            push_key(&mut told.keys, record, mark.at, mark.key());
            told.of.push(person);
        }
    }

    /// The source's own time of its oldest record counts.
    fn note_age(&mut self, (column, asked): (u32, usize), record: &Disclosed, at: u32) {
        let Cell::Text(text) = record.cell(at + column) else { return };
        let text = record.text(text);
        let asked = self.told.sources.get_mut(asked);
        if let Some(asked) = asked.filter(|asked| asked.as_of.as_deref().is_none_or(|oldest| text < oldest)) {
            asked.as_of = Some(text.to_owned());
        }
    }

    /// The number of the stream of records that none of the first is of; a new one where there is none.
    fn stream(&mut self, parts: &[(u32, u32, Part)]) -> usize {
        let marks = self.marks;
        let first = parts.first().and_then(|(owner, _, part)| Some((marks.get(*owner as usize)?, *part)));
        let Some((mark, first)) = first else { return 0 };
        let key: Box<[Part]> = parts.iter().map(|(.., part)| *part).collect();
        if let Some(number) = self.further.get(&key) {
            return *number;
        }
        let scope = self.scope(mark, parts);
        let is_told = mark.record.is_some() || !scope.withheld.is_empty() || !scope.lacking.is_empty();
        let shape = is_told.then(|| self.number(scope));
        let aging = mark.record.and_then(|record| {
            let asked = self.told.sources.iter().position(|asked| asked.source == record.source());
            record.layout().position(What::AsOf).zip(asked)
        });
        let rest = key.iter().skip(1).copied().collect();
        self.streams.push(Stream { first, rest, shape, cursor: 0, aging, next: 0 });
        let number = self.streams.len() - 1;
        if number >= FIRST {
            self.further.insert(key, number);
        }
        number
    }

    /// The number of the shape with a scope. That of two sources, or through two links, is the same.
    fn number(&mut self, scope: Scope) -> usize {
        let known = self.told.shapes.iter().take(SAME_MAX).position(|known| known.scope == scope);
        known.unwrap_or_else(|| {
            let mut shape = Shape { scope, keys: Texts::default(), of: Vec::new() };
            shape.expect(self.marks.len().min(EXPECTED_MAX));
            self.told.shapes.push(shape);
            self.told.shapes.len() - 1
        })
    }

    /// The type of what is asked, query or mutation.
    fn root(&self) -> TypeId {
        let tree = &self.writer.permitted.operation().tree;
        tree.set(tree.root).on
    }

    fn scope(&self, mark: &Mark<'_>, parts: &[(u32, u32, Part)]) -> Scope {
        let on = mark.objects.variants.get(mark.variant as usize).map_or(self.root(), |(on, _)| *on);
        let source = mark.record.map(Disclosed::source);
        let (given, withheld, lacking) = Default::default();
        let mut scope = Scope { on, source, given, withheld, lacking };
        for (_, number, part) in parts {
            let Some(mark) = self.marks.get(*number as usize) else { continue };
            let exceptions = (part.exceptions as usize).checked_sub(1).and_then(|at| self.exceptions.get(at));
            let outs = mark.objects.variants.get(mark.variant as usize).map_or(&[][..], |(_, outs)| outs);
            scope.given.reserve(outs.len());
            for out in outs {
                self.member(&mut scope, mark, out, exceptions.map_or(&[], |all| all));
            }
        }
        scope
    }

    fn member(&self, scope: &mut Scope, mark: &Mark<'_>, out: &Out, exceptions: &[(SelectionId, Option<Outcome>)]) {
        let Selected::Field(field) = self.writer.selection(out.selection).what else { return };
        if matches!(out.value, OutValue::Nothing | OutValue::Absent) {
            return;
        }
        let exception = exceptions.iter().find(|(selection, _)| *selection == out.selection);
        match (self.writer.decided(mark.object(), out), exception.map(|(_, withheld)| *withheld)) {
            (Outcome::Allow, None) => put(&mut scope.given, field),
            (Outcome::Allow, Some(None)) => put(&mut scope.lacking, field),
            // Nothing tells of it, here neither.
            (Outcome::Hide, _) => {}
            (Outcome::Allow, Some(Some(outcome))) | (outcome, _) => put(&mut scope.withheld, (field, outcome)),
        }
    }

    #[inline]
    fn number_of(&mut self, id: &'w str) -> u32 {
        if let Some((_, number)) = self.before.filter(|(before, _)| is_same(before, id)) {
            return number;
        }
        let new = u32::try_from(self.told.persons.len()).unwrap_or(u32::MAX);
        let number = *self.persons.entry(id).or_insert(new);
        if number == new {
            self.told.persons.push(id);
        }
        self.before = Some((id, number));
        number
    }
}

impl Shape {
    /// Makes room for so many records.
    fn expect(&mut self, records: usize) {
        self.of.reserve(records);
        self.keys.expect(records, KEY_BYTES);
    }
}

/// The record that an object stands in.
fn whole<'m, 'a>(marks: &'m [Mark<'a>], mark: &'m Mark<'a>) -> &'m Mark<'a> {
    let mut at = mark;
    while !at.whole {
        // The one around is before it; the first is its own.
        let Some(around) = marks.get(at.around as usize).filter(|around| !std::ptr::eq(*around, at)) else {
            break;
        };
        at = around;
    }
    at
}

fn put<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// The parts of a key, with a space between them; nothing where a part is not known.
#[inline]
fn push_key(keys: &mut Texts, record: &Disclosed, at: u32, columns: &[u32]) {
    let mut key = keys.begin();
    for (n, column) in columns.iter().enumerate() {
        if n > 0 {
            key.add(" ");
        }
        match record.cell(at + column) {
            Cell::Text(text) => key.add_text(record.texts(), text),
            Cell::Int(number) => key.add(&number.to_string()),
            Cell::Bool(truth) => key.add(if truth { "true" } else { "false" }),
            _ => return key.end_empty(),
        }
    }
    key.end();
}
