//! Keys: from the items of a level to the distinct keys of a fetch, and back.

use super::ask::Wanting;
use super::behind::{Holder, Missing};
use super::distinct::Distinct;
use super::level::{Level, Translated};
use crate::graph::{SourceId, TypeId, value_at};
use crate::policy::Disclosed;
use crate::record::{Cell, Keys, Part};
use crate::source::Reason;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Distinct keys, and which of them each item holds.
#[derive(Debug, Clone, Default)]
pub struct Keyed<'a> {
    pub keys: Keys<'a>,
    pub held: Held,
}

/// Which keys each item holds, by their numbers.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// For each item, where its key numbers start in `of`; one more than there are items.
    pub starts: Vec<u32>,
    pub of: Vec<u32>,
    /// Items that hold a key, whether or not it leads anywhere.
    pub asked: Vec<bool>,
    /// Items whose keys could not be found out, ascending.
    pub failed: Vec<(u32, SourceId, Reason)>,
}

impl<'a> Keyed<'a> {
    /// No keys: every item asks the same question.
    #[must_use]
    pub fn find(items: usize) -> Self {
        let items32 = u32::try_from(items).unwrap_or(u32::MAX);
        let held =
            Held { starts: (0..=items32).collect(), of: vec![0; items], asked: vec![true; items], failed: Vec::new() };
        Self { keys: Keys::new(0), held }
    }

    /// The key in an id, where it is of one of these types.
    #[must_use]
    pub fn of_node(id: Option<(String, Vec<String>)>, types: &[Arc<str>], parts: usize) -> Self {
        let mut keying = Keying::new(parts, 1, 1);
        if let Some((on, key)) = id
            && types.iter().any(|name| **name == *on)
            && key.len() == parts
        {
            let numbers: Vec<usize> = (0..parts).collect();
            keying.add_parts(0, &numbers, |part| key.get(part).cloned().map(Cow::Owned));
        }
        keying.finish()
    }

    /// The key in the arguments of a field of the root, which has one item.
    #[must_use]
    pub fn of_arguments(names: &[Arc<str>], arguments: &'a Map<String, Value>) -> Self {
        let values: Vec<&'a Value> = names.iter().filter_map(|name| value_at(arguments, name)).collect();
        let keys = values.iter().map(|value| value.as_array().map_or(1, Vec::len)).max().unwrap_or(1);
        let mut keying = Keying::new(names.len(), 1, keys);
        if values.len() == names.len() {
            match values.as_slice() {
                [Value::Array(many)] => {
                    keying.mark(0);
                    for value in many {
                        keying.add_values(0, &[value]);
                    }
                }
                values => keying.add_values(0, values),
            }
        }
        keying.finish()
    }
}

impl<'a> Keyed<'a> {
    /// Without the keys that have other values in these parts. Who held no other key has not been asked.
    #[must_use]
    pub fn only(self, parts: &[(usize, &[Arc<str>])]) -> Self {
        let fits = |key: &[Part<'a>]| {
            let has = |(part, values): &(usize, &[Arc<str>])| {
                key.get(*part).is_some_and(|text| values.iter().any(|value| **value == **text))
            };
            parts.iter().all(has)
        };
        let mut keys = Keys::new(self.keys.parts);
        let mut numbers: Vec<Option<u32>> = Vec::with_capacity(self.keys.len());
        for key in self.keys.iter() {
            numbers.push(fits(key).then(|| u32::try_from(keys.len()).unwrap_or(u32::MAX)));
            if fits(key) {
                keys.values.extend_from_slice(key);
            }
        }
        let mut held = Held { failed: self.held.failed.clone(), ..Held::default() };
        for (item, asked) in self.held.asked.iter().enumerate() {
            held.starts.push(u32::try_from(held.of.len()).unwrap_or(u32::MAX));
            let of_item = self.held.of_item(item);
            let left = of_item.iter().filter_map(|key| numbers.get(*key as usize).copied().flatten());
            let before = held.of.len();
            held.of.extend(left);
            held.asked.push(*asked && (of_item.is_empty() || held.of.len() > before));
        }
        held.starts.push(u32::try_from(held.of.len()).unwrap_or(u32::MAX));
        Self { keys, held }
    }
}

impl Held {
    /// Nothing is held by any item.
    pub const NOTHING: Self = Self { starts: Vec::new(), of: Vec::new(), asked: Vec::new(), failed: Vec::new() };

    #[must_use]
    pub fn of_item(&self, item: usize) -> &[u32] {
        let start = self.starts.get(item).copied().unwrap_or(0) as usize;
        let end = self.starts.get(item + 1).copied().unwrap_or(0) as usize;
        self.of.get(start..end).unwrap_or_default()
    }
}

impl Held {
    /// Some of what was asked for under these keys can't be shown, and the rest can.
    pub fn tell(&mut self, broken: &HashMap<u32, Missing>) {
        for item in (0..self.asked.len()).filter(|_| !broken.is_empty()) {
            let first = self.of_item(item).iter().find_map(|key| broken.get(key)).cloned();
            let number = u32::try_from(item).unwrap_or(u32::MAX);
            self.failed.extend(first.map(|Missing { source, reason }| (number, source, reason)));
        }
        self.failed.sort_by_key(|(item, ..)| *item);
    }

    /// What was asked for under these keys can't be shown: it is not known what may be.
    pub fn fail(&mut self, unknown: &HashMap<u32, Missing>) {
        if unknown.is_empty() {
            return;
        }
        let mut left = Self { asked: std::mem::take(&mut self.asked), ..Self::default() };
        left.failed = std::mem::take(&mut self.failed);
        for item in 0..left.asked.len() {
            left.starts.push(u32::try_from(left.of.len()).unwrap_or(u32::MAX));
            for key in self.of_item(item) {
                match unknown.get(key) {
                    Some(Missing { source, reason }) => {
                        left.failed.push((u32::try_from(item).unwrap_or(u32::MAX), *source, reason.clone()));
                    }
                    None => left.of.push(*key),
                }
            }
        }
        left.starts.push(u32::try_from(left.of.len()).unwrap_or(u32::MAX));
        left.failed.sort_by_key(|(item, ..)| *item);
        *self = left;
    }
}

/// The distinct keys of several askers, all of as many parts, and what the items of each hold of them.
#[must_use]
pub fn united(mut askers: Vec<Wanting<'_>>) -> (Keys<'_>, Vec<Holder<'_>>) {
    // What one asker holds is distinct already.
    if askers.len() == 1
        && let Some((Keyed { keys, held }, level)) = askers.pop()
    {
        return (keys, vec![(held, level)]);
    }
    let parts = askers.first().map_or(0, |(keyed, _)| keyed.keys.parts);
    let mut keys = Distinct::new(parts, askers.iter().map(|(keyed, _)| keyed.keys.len()).sum());
    let mut holders = Vec::with_capacity(askers.len());
    for (mut keyed, level) in askers {
        if parts > 0 {
            let numbers: Vec<u32> = keyed.keys.iter().map(|key| keys.add(key.iter().cloned())).collect();
            for key in &mut keyed.held.of {
                *key = numbers.get(*key as usize).copied().unwrap_or(u32::MAX);
            }
        }
        holders.push((keyed.held, level));
    }
    (keys.into_keys(), holders)
}

/// Collects keys item by item. Items may come in any order.
pub struct Keying<'a> {
    keys: Distinct<'a>,
    pairs: Vec<(u32, u32)>,
    asked: Vec<bool>,
    failed: Vec<(u32, SourceId, Reason)>,
}

impl<'a> Keying<'a> {
    /// With room for so many keys.
    #[must_use]
    pub fn new(parts: usize, items: usize, keys: usize) -> Self {
        Self {
            keys: Distinct::new(parts, keys),
            pairs: Vec::with_capacity(keys),
            asked: vec![false; items],
            failed: Vec::new(),
        }
    }

    /// The item is not asked for, whatever key it holds.
    pub fn spare(&mut self, item: usize) {
        if let Some(asked) = self.asked.get_mut(item) {
            *asked = true;
        }
    }

    /// The keys in these columns of the items that one slot brought; not of items whose key is known already.
    pub fn collect(&mut self, holder: &'a Level, slot: usize, on: TypeId, columns: &[u32]) {
        for (number, item) in holder.items.iter().enumerate() {
            let Some((record, at)) = holder.record(number, slot) else { continue };
            if item.on.is_some_and(|own| own != on) {
                continue;
            }
            if self.asked.get(number) == Some(&true) {
                continue;
            }
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            match columns {
                [column] => match record.cell(at + column) {
                    Cell::List(span) => {
                        self.mark(number);
                        for n in span.start..span.start + span.len {
                            self.add_cells(number, &[record.cell(n)], record);
                        }
                    }
                    cell => self.add_cells(number, &[cell], record),
                },
                columns => {
                    let cells: Vec<Cell> = columns.iter().map(|column| record.cell(at + column)).collect();
                    self.add_cells(number, &cells, record);
                }
            }
        }
    }

    /// A key that the source gave in another type leads nowhere, and not to "none".
    fn add_cells(&mut self, item: u32, cells: &[Cell], record: &'a Disclosed) {
        if cells.iter().any(|cell| !matches!(cell, Cell::Text(_) | Cell::Int(_) | Cell::Bool(_) | Cell::Null)) {
            self.failed.push((item, record.source(), Reason::Invalid("a key of another type".to_owned())));
            return;
        }
        self.add_parts(item, cells, |cell| match cell {
            Cell::Text(span) => Some(Cow::Borrowed(record.text(span))),
            Cell::Int(number) => Some(Cow::Owned(number.to_string())),
            Cell::Bool(truth) => Some(Cow::Owned(truth.to_string())),
            _ => None,
        });
    }

    fn add_values(&mut self, item: u32, values: &[&'a Value]) {
        self.add_parts(item, values, |value| match value {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(truth) => Some(Cow::Owned(truth.to_string())),
            _ => None,
        });
    }

    /// A key, unless a part of it is missing.
    fn add_parts<P: Copy>(&mut self, item: u32, parts: &[P], text: impl Fn(P) -> Option<Part<'a>>) {
        if let [only] = parts {
            if let Some(part) = text(*only) {
                self.add(item, [part]);
            }
        } else if let Some(parts) = parts.iter().copied().map(text).collect::<Option<Vec<_>>>() {
            self.add(item, parts);
        }
    }

    fn add(&mut self, item: u32, key: impl IntoIterator<Item = Part<'a>>) {
        let key = self.keys.add(key);
        self.mark(item);
        self.pairs.push((item, key));
    }

    /// The item holds a key, even if it leads nowhere.
    fn mark(&mut self, item: u32) {
        if let Some(asked) = self.asked.get_mut(item as usize) {
            *asked = true;
        }
    }

    /// Takes over what a crosswalk made of other keys, as far as they are of this system.
    pub fn absorb(&mut self, translated: &Translated, system: &str) {
        let items = translated.held.starts.len().saturating_sub(1);
        let open = |item: u32| self.asked.get(item as usize) == Some(&false);
        let failed = translated.held.failed.iter().filter(|(item, ..)| open(*item));
        self.failed.extend(failed.cloned());
        for item in 0..items {
            let number = u32::try_from(item).unwrap_or(u32::MAX);
            if self.asked.get(item) == Some(&true) {
                continue;
            }
            if translated.held.asked.get(item) == Some(&true) {
                self.mark(number);
            }
            let Some((answer, records)) = translated.answer.as_deref() else { continue };
            for key in translated.held.of_item(item) {
                if let Ok(found) = answer.failed.binary_search_by_key(key, |(failed, _)| *failed) {
                    let reason = answer.failed.get(found).map(|(_, reason)| reason.clone());
                    self.failed.extend(reason.map(|reason| (number, translated.source, reason)));
                    continue;
                }
                for at in answer.groups.of(*key).iter().filter(|at| records.shows(**at)) {
                    let Cell::Text(of) = records.cell(at + 1) else { continue };
                    if let (Cell::Text(own), true) = (records.cell(*at), *records.text(of) == *system) {
                        self.add(number, [Cow::Owned(records.text(own).to_owned())]);
                    }
                }
            }
        }
    }

    #[must_use]
    pub fn finish(mut self) -> Keyed<'a> {
        // Stable: the keys of an item stay in the order in which they were found.
        if !self.pairs.is_sorted_by_key(|(item, _)| *item) {
            self.pairs.sort_by_key(|(item, _)| *item);
        }
        self.failed.sort_by_key(|(item, ..)| *item);
        let mut starts = Vec::with_capacity(self.asked.len() + 1);
        let mut end = 0_u32;
        let mut owners = self.pairs.iter().map(|(owner, _)| *owner as usize).peekable();
        for item in 0..self.asked.len() {
            starts.push(end);
            while owners.next_if_eq(&item).is_some() {
                end += 1;
            }
        }
        starts.push(end);
        let of = self.pairs.iter().map(|(_, key)| *key).collect();
        Keyed { keys: self.keys.into_keys(), held: Held { starts, of, asked: self.asked, failed: self.failed } }
    }
}
