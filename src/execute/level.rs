//! Level: what came in at one node of the plan.

use super::keys::Held;
use super::{Missing, Paged};
use crate::graph::{SourceId, TypeId};
use crate::plan::{Slot, Spared};
use crate::policy::{Disclosed, LaneId, Outcome};
use crate::record::{Cell, What};
use crate::source::{Answer, Reason};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The items of one node, in the order in which they are written, grouped by the item above.
#[derive(Debug, Default)]
pub struct Level {
    pub items: Vec<Item>,
    /// By item of the level above, where its items start; one more than there are.
    pub starts: Vec<u32>,
    /// By item of the level above: did it lead to any question at all?
    pub asked: Vec<bool>,
    /// Of a list, items of the level above for which there are records of which may be known only that they are there, ascending.
    pub pointers: Vec<u32>,
    /// By slot: the records of each feed.
    pub feeds: Vec<Option<Disclosed>>,
    /// By item of the level above, ascending: what could not be asked.
    pub failures: Vec<Failure>,
    /// By completion, once they are there.
    pub completed: Box<[OnceLock<Completed>]>,
    /// By crosswalk, once they are there.
    pub translated: OnceLock<Vec<Translated>>,
    /// Of a connection.
    pub page: Option<Paged>,
    /// Embedded objects only: the item of an object, by slot and first cell.
    pub places: HashMap<(u32, u32), u32>,
}

/// One record, or one object within a record.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    pub slot: u32,
    /// Its first cell.
    pub at: u32,
    /// The first cell of the record that it is, or stands in.
    pub around: u32,
    /// Its concrete type where records of the slot may have several.
    pub on: Option<TypeId>,
}

impl Item {
    /// The source gave a type that the mapping does not know: nothing can be asked or said of the record.
    pub const UNTYPED: TypeId = TypeId(u32::MAX);
}

/// A source that could not be asked for an item of the level above.
#[derive(Debug, Clone)]
pub struct Failure {
    pub parent: u32,
    pub source: SourceId,
    pub reason: Reason,
}

/// The records of one completion.
#[derive(Debug)]
pub struct Completed {
    /// By item: the first cell of its record.
    pub at: Vec<Option<u32>>,
    /// Items of which there is more than one, ascending, and the first cells of those after the first: somebody is registered twice.
    pub further: Vec<(u32, u32)>,
    pub records: Option<Disclosed>,
    /// By item, ascending.
    pub failures: Vec<Failure>,
}

/// The answer of a crosswalk for the keys of a level.
#[derive(Debug)]
pub struct Translated {
    pub held: Held,
    pub answer: Option<Admitted>,
    pub source: SourceId,
}

impl Translated {
    /// The keys that lead to several records of the other side, in the numbers of this system; and those of which that is not known.
    #[must_use]
    pub fn shared(&self, system: &str) -> HashMap<u32, Missing> {
        let Some((answer, records)) = self.answer.as_deref() else { return HashMap::new() };
        let missing = |reason: &Reason| Missing { source: self.source, reason: reason.clone() };
        let of = |at: &&u32| matches!(records.cell(**at + 1), Cell::Text(of) if records.text(of) == system);
        let several = (0_u32..).take(answer.groups.starts.len());
        let several = several.filter(|key| answer.groups.of(*key).iter().filter(of).count() > 1);
        let failed = answer.failed.iter().map(|(key, reason)| (*key, missing(reason)));
        several.map(|key| (key, missing(&Reason::Several))).chain(failed).collect()
    }
}

/// One answer, for all who asked, and its records as they may be seen.
pub type Admitted = Arc<(Answer, Disclosed)>;

/// What one feed brought for the items of the level above.
#[derive(Debug)]
pub struct Fed<'a> {
    pub held: &'a Held,
    pub source: Option<SourceId>,
    pub answer: Option<Admitted>,
}

impl Fed<'_> {
    /// Nothing could be asked, since nothing was to be.
    pub const NOTHING: Self = Self { held: &Held::NOTHING, source: None, answer: None };

    fn records(&self) -> Option<&Disclosed> {
        self.answer.as_deref().map(|(_, records)| records)
    }

    /// Calls `record` with each admitted record of an item, or `failure` with each reason.
    fn each(&self, item: usize, mut record: impl FnMut(u32), mut failure: impl FnMut(SourceId, &Reason)) {
        let failed = &self.held.failed;
        let first = failed.partition_point(|(owner, ..)| (*owner as usize) < item);
        for (_, source, reason) in failed.iter().skip(first).take_while(|(owner, ..)| *owner as usize == item) {
            failure(*source, reason);
        }
        let (Some((answer, records)), Some(source)) = (self.answer.as_deref(), self.source) else { return };
        for key in self.held.of_item(item) {
            if let Ok(found) = answer.failed.binary_search_by_key(key, |(failed, _)| *failed) {
                if let Some((_, reason)) = answer.failed.get(found) {
                    failure(source, reason);
                }
                continue;
            }
            answer.groups.of(*key).iter().filter(|at| records.shows(**at)).for_each(|at| record(*at));
        }
    }
}

impl Level {
    /// The root: one item, no record.
    #[must_use]
    pub fn root() -> Self {
        Self {
            items: vec![Item { slot: 0, at: 0, around: 0, on: None }],
            starts: vec![0, 1],
            asked: vec![true],
            feeds: vec![None],
            ..Self::default()
        }
    }

    /// The same, with room for so many completions.
    #[must_use]
    pub fn awaiting(self, completions: usize) -> Self {
        Self { completed: (0..completions).map(|_| OnceLock::new()).collect(), ..self }
    }

    /// The joined records of all feeds: for each item above, those of the first feed first. A feed that stands in counts where one
    /// before it could not be asked; where it has records, nothing is missing. `lists`: there may be several for one item.
    #[must_use]
    pub fn linked(
        parents: usize,
        feeds: &[Fed<'_>],
        (looks, lists): (&[(TypeId, LaneId)], bool),
        stands_in: impl Fn(usize) -> bool,
    ) -> Self {
        let records = feeds.iter().filter_map(|fed| fed.answer.as_ref()).map(|answer| answer.0.groups.at.len()).sum();
        let mut level = Self {
            items: Vec::with_capacity(records),
            starts: Vec::with_capacity(parents + 1),
            asked: vec![false; parents],
            ..Self::default()
        };
        let types: Vec<Option<u32>> = feeds.iter().map(|fed| type_column(fed.records())).collect();
        for parent in 0..parents {
            level.starts.push(u32::try_from(level.items.len()).unwrap_or(u32::MAX));
            let failures_before = level.failures.len();
            for (slot, (fed, type_column)) in feeds.iter().zip(&types).enumerate() {
                let (stands_in, items_before) = (stands_in(slot), level.items.len());
                if stands_in && level.failures.len() == failures_before {
                    continue;
                }
                let slot = u32::try_from(slot).unwrap_or(u32::MAX);
                let (items, failures, pointers) = (&mut level.items, &mut level.failures, &mut level.pointers);
                fed.each(
                    parent,
                    |at| {
                        if lists && fed.records().is_some_and(|records| !records.lists(at)) {
                            let parent = u32::try_from(parent).unwrap_or(u32::MAX);
                            pointers.extend(Some(parent).filter(|parent| pointers.last() != Some(parent)));
                        } else if fulfils(fed.records(), at, looks) {
                            let on = concrete(fed.records(), *type_column, at);
                            items.push(Item { slot, at, around: at, on });
                        }
                    },
                    |source, reason| note(failures, parent, source, reason),
                );
                if stands_in && level.items.len() > items_before {
                    level.failures.truncate(failures_before);
                }
                if let (Some(asked), Some(true)) = (level.asked.get_mut(parent), fed.held.asked.get(parent)) {
                    *asked = true;
                }
            }
        }
        level.starts.push(u32::try_from(level.items.len()).unwrap_or(u32::MAX));
        level.feeds = feeds.iter().map(|fed| fed.records().cloned()).collect();
        level
    }

    /// Without the records that are of another type than the one asked for, where there is one. For the one item of the root.
    #[must_use]
    pub fn only(mut self, on: Option<TypeId>) -> Self {
        // What can't be told for any type is not kept quiet.
        let other = |item: &Item| item.on.is_some_and(|own| Some(own) != on && own != Item::UNTYPED);
        if on.is_some() && self.items.iter().any(other) {
            self.items.retain(|item| !other(item));
            self.starts = vec![0, u32::try_from(self.items.len()).unwrap_or(u32::MAX)];
        }
        self
    }

    /// The objects within the records of `parent`, in these columns of its slots; not those that a record withholds.
    #[must_use]
    pub fn embedded(parent: &Self, columns: &[Option<u32>], lane: Option<LaneId>) -> Self {
        let mut level = Self::default();
        for number in 0..parent.items.len() {
            level.starts.push(u32::try_from(level.items.len()).unwrap_or(u32::MAX));
            if parent.withholds(number, lane) {
                continue;
            }
            for (slot, column) in columns.iter().enumerate() {
                let Some(column) = column else { continue };
                let Some((record, at)) = parent.record(number, slot) else { continue };
                let around = parent.items.get(number).map_or(at, |item| item.around);
                let slot = u32::try_from(slot).unwrap_or(u32::MAX);
                level.add_objects(record, record.cell(at + column), (slot, around), type_of_objects(record, *column));
            }
        }
        level.starts.push(u32::try_from(level.items.len()).unwrap_or(u32::MAX));
        level.asked = vec![true; parent.items.len()];
        level.feeds = (0..columns.len()).map(|slot| parent.records(slot).cloned()).collect();
        level
    }

    fn add_objects(&mut self, record: &Disclosed, cell: Cell, (slot, around): (u32, u32), type_column: Option<u32>) {
        match cell {
            Cell::Object(at) if !record.shows(at) => {}
            Cell::Object(at) => {
                let number = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
                self.places.insert((slot, at), number);
                let on = concrete(Some(record), type_column, at);
                self.items.push(Item { slot, at, around, on });
            }
            Cell::List(span) => {
                for n in span.start..span.start + span.len {
                    match record.cell(n) {
                        Cell::Object(at) if !record.lists(at) => {}
                        cell => self.add_objects(record, cell, (slot, around), type_column),
                    }
                }
            }
            _ => {}
        }
    }

    /// The numbers of the items that belong to an item of the level above.
    #[must_use]
    pub fn of_parent(&self, parent: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(parent).copied().unwrap_or(0) as usize;
        start..self.starts.get(parent + 1).map_or(start, |end| *end as usize)
    }

    /// What could not be asked for an item of the level above.
    pub fn failures_of(&self, parent: usize) -> impl Iterator<Item = &Failure> {
        of_number(&self.failures, parent)
    }

    /// Whether there is anything for an item of the level above, be it only known to be there.
    #[must_use]
    pub fn has_any(&self, parent: usize) -> bool {
        let known = u32::try_from(parent).is_ok_and(|parent| self.pointers.binary_search(&parent).is_ok());
        known || !self.of_parent(parent).is_empty()
    }

    /// Ids of those whose the record of an item is, or the record around it: see [`Disclosed::subjects_after`].
    /// `cursor`: 0 at first, for whoever asks about one item after another.
    pub fn subjects<'s>(&'s self, item: usize, cursor: &mut usize) -> impl Iterator<Item = &'s str> + use<'s> {
        let records = self.items.get(item).and_then(|item| Some((self.records(item.slot as usize)?, item.around)));
        records.map(|(records, around)| records.subjects_after(around, cursor)).into_iter().flatten()
    }

    /// The records of a slot: a feed's, or a completion's.
    #[must_use]
    pub fn records(&self, slot: usize) -> Option<&Disclosed> {
        match self.feeds.get(slot) {
            Some(feed) => feed.as_ref(),
            None => self.completed(slot)?.records.as_ref(),
        }
    }

    #[must_use]
    pub fn completed(&self, slot: usize) -> Option<&Completed> {
        self.completed.get(slot.checked_sub(self.feeds.len())?)?.get()
    }

    /// Whether an item may not be asked for what this lane decides on. That something exists may be found out.
    #[must_use]
    pub fn withholds(&self, number: usize, lane: Option<LaneId>) -> bool {
        let Some(lane) = lane else { return false };
        let Some(item) = self.items.get(number) else { return true };
        let outcome = self.records(item.slot as usize).map(|records| records.outcome(item.at, lane));
        !matches!(outcome, Some(Outcome::Allow | Outcome::Exists))
    }

    /// Whether a completion has nothing to add to an item.
    #[must_use]
    pub fn spares(&self, slot: &Slot, number: usize) -> bool {
        let Some(item) = self.items.get(number) else { return false };
        let Some(Spared::Where(fields, claims)) = slot.spared.get(item.slot as usize) else { return false };
        let has = |(slot, column): &(usize, u32)| {
            let found = self.record(number, *slot).map(|(record, at)| record.cell(at + column));
            found.is_some_and(|cell| cell != Cell::Null)
        };
        let gives = |lane: &Option<LaneId>| {
            let outcome = |lane| self.records(item.slot as usize).map(|records| records.outcome(item.at, lane));
            lane.is_none_or(|lane| outcome(lane) == Some(Outcome::Allow))
        };
        let claimed = claims.iter().any(|(conflicts, field)| gives(conflicts) && gives(field));
        !claimed && fields.iter().all(|places| places.iter().any(has))
    }

    /// Whether the completions are there that say whether this one is needed.
    #[must_use]
    pub fn can_tell(&self, slot: &Slot) -> bool {
        let places = slot.spared.iter().flat_map(|spared| match spared {
            Spared::Never => &[][..],
            Spared::Where(fields, _) => fields,
        });
        let mut slots = places.flatten().map(|(slot, _)| *slot);
        slots.all(|slot| slot < self.feeds.len() || self.completed(slot).is_some())
    }

    /// The record that a slot has for an item, and its first cell.
    #[must_use]
    pub fn record(&self, item: usize, slot: usize) -> Option<(&Disclosed, u32)> {
        if slot < self.feeds.len() {
            let item = self.items.get(item).filter(|item| item.slot as usize == slot)?;
            return Some((self.feeds.get(slot)?.as_ref()?, item.at));
        }
        let completed = self.completed(slot)?;
        Some((completed.records.as_ref()?, (*completed.at.get(item)?)?))
    }
}

impl Completed {
    #[must_use]
    pub fn new(items: usize, fed: &Fed<'_>) -> Self {
        let mut at: Vec<Option<u32>> = vec![None; items];
        let (mut further, mut failures) = (Vec::new(), Vec::new());
        for (item, place) in at.iter_mut().enumerate() {
            let number = u32::try_from(item).unwrap_or(u32::MAX);
            fed.each(
                item,
                |record| match place {
                    None => *place = Some(record),
                    Some(_) => further.push((number, record)),
                },
                |source, reason| note(&mut failures, item, source, reason),
            );
        }
        Self { at, further, records: fed.records().cloned(), failures }
    }

    /// The first cells of all records of an item.
    pub fn all(&self, item: usize) -> impl Iterator<Item = u32> {
        let first = self.at.get(item).copied().flatten();
        let from = self.further.partition_point(|(number, _)| (*number as usize) < item);
        let further = self.further.iter().skip(from).take_while(move |(number, _)| *number as usize == item);
        first.into_iter().chain(further.map(|(_, at)| *at))
    }

    pub fn failures_of(&self, item: usize) -> impl Iterator<Item = &Failure> {
        of_number(&self.failures, item)
    }
}

fn note(failures: &mut Vec<Failure>, number: usize, source: SourceId, reason: &Reason) {
    let parent = u32::try_from(number).unwrap_or(u32::MAX);
    if !failures.iter().rev().take_while(|known| known.parent == parent).any(|known| known.source == source) {
        failures.push(Failure { parent, source, reason: reason.clone() });
    }
}

fn of_number(failures: &[Failure], number: usize) -> impl Iterator<Item = &Failure> {
    let first = failures.partition_point(|failure| (failure.parent as usize) < number);
    failures.iter().skip(first).take_while(move |failure| failure.parent as usize == number)
}

/// Whether a record may be found by what it was looked for by. The lanes of other types say nothing about it.
pub fn fulfils(records: Option<&Disclosed>, at: u32, looks: &[(TypeId, LaneId)]) -> bool {
    looks.is_empty() || records.is_some_and(|records| records.is_found(at, looks.iter().map(|(_, lane)| *lane)))
}

fn type_column(records: Option<&Disclosed>) -> Option<u32> {
    records?.layout().position(What::Type)
}

fn type_of_objects(record: &Disclosed, column: u32) -> Option<u32> {
    use crate::record::Take;
    match &record.layout().columns.get(column as usize)?.take {
        Take::Object(layout) | Take::Objects(layout) => layout.position(What::Type),
        _ => None,
    }
}

fn concrete(records: Option<&Disclosed>, column: Option<u32>, at: u32) -> Option<TypeId> {
    match records?.cell(at + column?) {
        Cell::Type(id) => Some(id),
        _ => Some(Item::UNTYPED),
    }
}
