//! Disclosures: which records stand in an answer, and what of each. For the ledger: ids and names of fields, never their values.
//!
//! The writer only marks which objects it wrote, and takes marks back where a null takes back what is around it. Here the marks become
//! records: the objects within a record count with it, and records of which the same was given share one shape.

use super::mark::{Claimed, Exception, Mark};
use super::object::Writer;
use super::sources::Asked;
use crate::graph::{FieldId, SourceId, TypeId};
use crate::operation::{Selected, SelectionId};
use crate::plan::{Objects, Out, OutValue};
use crate::policy::{Disclosed, Outcome};
use crate::record::{Cell, What};
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

/// What was given of some records, and what was not: of all of them the same.
#[derive(Debug, Clone)]
pub struct Shape {
    pub on: TypeId,
    pub source: Option<SourceId>,
    /// Fields of the records, and of objects within them.
    pub given: Vec<FieldId>,
    /// Not given, and told so.
    pub withheld: Vec<(FieldId, Outcome)>,
    /// They may be had, and could not be given.
    pub lacking: Vec<FieldId>,
    /// A text for each record: the parts of its key with a space between them; empty where it is not known.
    pub keys: Texts,
    /// For each record the number of its person, where that is known.
    pub of: Vec<Option<u32>>,
}

/// Texts, one after another.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start as usize..*end as usize).unwrap_or_default())
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether all of them stand in JSON as they are.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        // Without a way out of the loop, so that many bytes are looked at together.
        let is_other = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
        self.text.as_bytes().iter().filter(|byte| is_other(byte)).count() == 0
    }

    /// Bytes of all of them.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.text.len()
    }
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
        told: Disclosures { sources: asked.to_vec(), ..Disclosures::default() },
        known: HashMap::default(),
        recent: Vec::new(),
        persons: HashMap::default(),
        before: None,
        cursors: Vec::new(),
        ages: Vec::new(),
    };
    if marks.iter().all(Mark::is_own) {
        for (number, mark) in (0_u32..).zip(marks) {
            telling.record(&[(number, number, Part::of(mark, number, &of))]);
        }
    } else {
        for parts in parts(marks, &of).chunk_by(|(one, ..), (other, ..)| one == other) {
            telling.record(parts);
        }
    }
    telling.claims(&writer.claimed);
    telling.told
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
    known: HashMap<Box<[Part]>, usize, RandomState>,
    /// The shapes seen last, by their parts: most records are like one of few.
    recent: Vec<(Box<[Part]>, usize)>,
    persons: HashMap<&'w str, u32, RandomState>,
    /// The person of the record before, by where their id lies: mostly it is the same.
    before: Option<(*const str, u32)>,
    /// How far the persons of the records of some answers were gone through.
    cursors: Vec<(*const Disclosed, usize)>,
    /// What is known of the records of answers seen first.
    ages: Vec<(*const Disclosed, Option<(u32, usize)>)>,
}

/// How many shapes are looked through one by one.
const RECENT: usize = 8;
/// For how many records room is made before they come.
const EXPECTED_MAX: usize = 256;
/// Bytes of a key, about.
const KEY_BYTES: usize = 16;
/// With how many shapes a new one is compared: more are rare, and need not be few.
const SAME_MAX: usize = 64;

impl<'w> Telling<'_, 'w> {
    /// `parts`: of one record, its own first.
    fn record(&mut self, parts: &[(u32, u32, Part)]) {
        let marks = self.marks;
        let first = parts.first().and_then(|(owner, ..)| marks.get(*owner as usize));
        let Some(mark) = first else { return };
        let Some(shape) = self.shape(mark, parts) else { return };
        self.put_all(shape, mark);
        self.note_age(mark);
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
            let (keys, of, source) = (Texts::default(), Vec::new(), Some(SourceId(source)));
            let shape = self.number(Shape { on, source, given, withheld, lacking, keys, of });
            self.put_all(shape, mark);
        }
    }

    /// A record of a shape, once for everybody whose it is.
    fn put_all(&mut self, shape: usize, mark: &Mark<'w>) {
        let marks = self.marks;
        let mut is_known = false;
        let whole = whole(marks, mark);
        // What several are said to be is on record for each of them.
        if let Some(record) = whole.record {
            let mut cursor = self.cursors.iter().find(|(of, _)| std::ptr::eq(*of, record)).map_or(0, |(_, at)| *at);
            for id in record.subjects_after(whole.at, &mut cursor) {
                let person = self.number_of(id);
                self.put(shape, mark, Some(person));
                is_known = true;
            }
            self.remember(record, cursor);
        }
        if !is_known {
            self.put(shape, mark, None);
        }
    }

    fn remember(&mut self, record: &Disclosed, cursor: usize) {
        if let Some((_, at)) = self.cursors.iter_mut().find(|(of, _)| std::ptr::eq(*of, record)) {
            *at = cursor;
        } else if self.cursors.len() < RECENT {
            self.cursors.push((record, cursor));
        }
    }

    fn put(&mut self, shape: usize, mark: &Mark<'_>, person: Option<u32>) {
        if let (Some(record), Some(told)) = (mark.record, self.told.shapes.get_mut(shape)) {
            push_key(&mut told.keys, record, mark.at, mark.key());
            told.of.push(person);
        }
    }

    /// The source's own time of its oldest record counts.
    fn note_age(&mut self, mark: &Mark<'_>) {
        let Some(record) = mark.record.filter(|_| mark.whole) else { return };
        let Some((column, asked)) = self.aging(record) else { return };
        let Cell::Text(text) = record.cell(mark.at + column) else { return };
        let text = record.text(text);
        let asked = self.told.sources.get_mut(asked);
        if let Some(asked) = asked.filter(|asked| asked.as_of.as_deref().is_none_or(|oldest| text < oldest)) {
            asked.as_of = Some(text.to_owned());
        }
    }

    /// The column with the source's own time, and the number of the source.
    fn aging(&mut self, record: &Disclosed) -> Option<(u32, usize)> {
        if let Some((_, known)) = self.ages.iter().find(|(known, _)| std::ptr::eq(*known, record)) {
            return *known;
        }
        let column = record.layout().position(What::AsOf);
        let asked = self.told.sources.iter().position(|asked| asked.source == record.source());
        let aging = column.zip(asked);
        if self.ages.len() < RECENT {
            self.ages.push((record, aging));
        }
        aging
    }

    /// The number of the shape; `None` for what is no record and of which nothing is withheld.
    fn shape(&mut self, mark: &Mark<'_>, parts: &[(u32, u32, Part)]) -> Option<usize> {
        let same = |known: &[Part]| known.iter().eq(parts.iter().map(|(.., part)| part));
        if let Some((_, shape)) = self.recent.iter().find(|(known, _)| same(known)) {
            return Some(*shape);
        }
        let key: Box<[Part]> = parts.iter().map(|(.., part)| *part).collect();
        if let Some(shape) = self.known.get(&key) {
            return Some(*shape);
        }
        let shape = self.new_shape(mark, parts);
        if mark.record.is_none() && shape.withheld.is_empty() && shape.lacking.is_empty() {
            return None;
        }
        let number = self.number(shape);
        if self.recent.len() < RECENT {
            self.recent.push((key, number));
        } else {
            self.known.insert(key, number);
        }
        Some(number)
    }

    /// The number of a shape. The same of two sources, or through two links, is the same.
    fn number(&mut self, mut shape: Shape) -> usize {
        let same = |known: &Shape| {
            (known.on, known.source) == (shape.on, shape.source)
                && (&known.given, &known.withheld, &known.lacking) == (&shape.given, &shape.withheld, &shape.lacking)
        };
        let known = self.told.shapes.iter().take(SAME_MAX).position(same);
        known.unwrap_or_else(|| {
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

    fn new_shape(&self, mark: &Mark<'_>, parts: &[(u32, u32, Part)]) -> Shape {
        let on = mark.objects.variants.get(mark.variant as usize).map_or(self.root(), |(on, _)| *on);
        let source = mark.record.map(Disclosed::source);
        let (given, withheld, lacking) = Default::default();
        let mut shape = Shape { on, source, given, withheld, lacking, keys: Texts::default(), of: Vec::new() };
        for (_, number, part) in parts {
            let Some(mark) = self.marks.get(*number as usize) else { continue };
            let exceptions = (part.exceptions as usize).checked_sub(1).and_then(|at| self.exceptions.get(at));
            let outs = mark.objects.variants.get(mark.variant as usize).map_or(&[][..], |(_, outs)| outs);
            for out in outs {
                self.member(&mut shape, mark, out, exceptions.map_or(&[], |all| all));
            }
        }
        shape
    }

    fn member(&self, shape: &mut Shape, mark: &Mark<'_>, out: &Out, exceptions: &[(SelectionId, Option<Outcome>)]) {
        let Selected::Field(field) = self.writer.selection(out.selection).what else { return };
        if matches!(out.value, OutValue::Nothing | OutValue::Absent) {
            return;
        }
        let exception = exceptions.iter().find(|(selection, _)| *selection == out.selection);
        match (self.writer.decided(mark.object(), out), exception.map(|(_, withheld)| *withheld)) {
            (Outcome::Allow, None) => put(&mut shape.given, field),
            (Outcome::Allow, Some(None)) => put(&mut shape.lacking, field),
            // Nothing tells of it, here neither.
            (Outcome::Hide, _) => {}
            (Outcome::Allow, Some(Some(outcome))) | (outcome, _) => put(&mut shape.withheld, (field, outcome)),
        }
    }

    fn number_of(&mut self, id: &'w str) -> u32 {
        if let Some((_, number)) = self.before.filter(|(before, _)| std::ptr::eq(*before, id)) {
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
        self.keys.ends.reserve(records);
        self.keys.text.reserve(records * KEY_BYTES);
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
fn push_key(keys: &mut Texts, record: &Disclosed, at: u32, columns: &[u32]) {
    use std::fmt::Write as _;
    let start = keys.text.len();
    for (n, column) in columns.iter().enumerate() {
        if n > 0 {
            keys.text.push(' ');
        }
        match record.cell(at + column) {
            Cell::Text(text) => keys.text.push_str(record.text(text)),
            // Writing to a `String` cannot fail.
            Cell::Int(number) => _ = write!(keys.text, "{number}"),
            Cell::Bool(truth) => _ = write!(keys.text, "{truth}"),
            _ => {
                keys.text.truncate(start);
                break;
            }
        }
    }
    keys.end();
}
