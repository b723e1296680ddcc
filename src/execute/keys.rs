//! Keys: from the items of a level to the distinct keys of a fetch, and back.

use super::level::{Level, Translated};
use crate::graph::{SourceId, TypeId};
use crate::record::{Cell, Keys};
use crate::source::Reason;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Distinct keys, and which of them each item holds.
#[derive(Debug, Clone, Default)]
pub struct Keyed {
    pub keys: Keys,
    /// For each item, where its key numbers start in `of`; one more than there are items.
    pub starts: Vec<u32>,
    pub of: Vec<u32>,
    /// Items that hold a key, whether or not it leads anywhere.
    pub asked: Vec<bool>,
    /// Items whose keys could not be found out, ascending.
    pub failed: Vec<(u32, SourceId, Reason)>,
}

impl Keyed {
    /// No keys: every item asks the same question.
    #[must_use]
    pub fn find(items: usize) -> Self {
        let items32 = u32::try_from(items).unwrap_or(u32::MAX);
        Self {
            keys: Keys::new(0),
            starts: (0..=items32).collect(),
            of: vec![0; items],
            asked: vec![true; items],
            failed: Vec::new(),
        }
    }

    /// The key in the arguments of a field of the root, which has one item.
    #[must_use]
    pub fn of_arguments(names: &[Arc<str>], arguments: &Map<String, Value>) -> Self {
        let mut keying = Keying::new(names.len(), 1);
        let values: Vec<&Value> = names.iter().filter_map(|name| arguments.get(&**name)).collect();
        if values.len() == names.len() {
            match values.as_slice() {
                [Value::Array(many)] => many.iter().for_each(|value| keying.add_values(0, &[value])),
                values => keying.add_values(0, values),
            }
            keying.mark(0);
        }
        keying.finish()
    }

    #[must_use]
    pub fn of_item(&self, item: usize) -> &[u32] {
        let start = self.starts.get(item).copied().unwrap_or(0) as usize;
        let end = self.starts.get(item + 1).copied().unwrap_or(0) as usize;
        self.of.get(start..end).unwrap_or_default()
    }
}

/// Collects keys item by item. Items may come in any order.
pub struct Keying {
    keys: Keys,
    known: HashMap<Box<str>, u32>,
    pairs: Vec<(u32, u32)>,
    asked: Vec<bool>,
    failed: Vec<(u32, SourceId, Reason)>,
    parts: Vec<String>,
}

impl Keying {
    #[must_use]
    pub fn new(parts: usize, items: usize) -> Self {
        Self {
            keys: Keys::new(parts),
            known: HashMap::with_capacity(items),
            pairs: Vec::with_capacity(items),
            asked: vec![false; items],
            failed: Vec::new(),
            parts: vec![String::new(); parts],
        }
    }

    /// The keys in these columns of the items that one slot brought.
    pub fn collect(&mut self, holder: &Level, slot: usize, on: TypeId, columns: &[u32]) {
        for (number, item) in holder.items.iter().enumerate() {
            let Some((record, at)) = holder.record(number, slot) else { continue };
            if item.on.is_some_and(|own| own != on) {
                continue;
            }
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            match columns {
                [column] => match record.cell(at + column) {
                    Cell::List(span) => {
                        self.mark(number);
                        for n in span.start..span.start + span.len {
                            self.add_cell(number, record.cell(n), |span| record.text(span));
                        }
                    }
                    cell => self.add_cell(number, cell, |span| record.text(span)),
                },
                columns => {
                    let cells: Vec<Cell> = columns.iter().map(|column| record.cell(at + column)).collect();
                    self.add_cells(number, &cells, |span| record.text(span));
                }
            }
        }
    }

    fn add_cell<'t>(&mut self, item: u32, cell: Cell, text: impl Fn(crate::record::Span) -> &'t str) {
        self.add_cells(item, &[cell], text);
    }

    fn add_cells<'t>(&mut self, item: u32, cells: &[Cell], text: impl Fn(crate::record::Span) -> &'t str) {
        for (part, cell) in self.parts.iter_mut().zip(cells) {
            part.clear();
            match cell {
                Cell::Text(span) => part.push_str(text(*span)),
                // Writing to a `String` cannot fail.
                Cell::Int(number) => _ = write!(part, "{number}"),
                Cell::Bool(truth) => _ = write!(part, "{truth}"),
                _ => return,
            }
        }
        self.mark(item);
        self.add_parts(item);
    }

    fn add_values(&mut self, item: u32, values: &[&Value]) {
        for (part, value) in self.parts.iter_mut().zip(values) {
            part.clear();
            match value {
                Value::String(text) => part.push_str(text),
                Value::Number(number) => _ = write!(part, "{number}"),
                Value::Bool(truth) => _ = write!(part, "{truth}"),
                _ => return,
            }
        }
        self.mark(item);
        self.add_parts(item);
    }

    /// Adds the key in `self.parts`.
    fn add_parts(&mut self, item: u32) {
        // The unit separator can't tell ("a\u{1f}", "b") from ("a", "\u{1f}b"), so such parts are escaped.
        let joined = match self.parts.as_slice() {
            [part] => part.clone(),
            parts => {
                parts.iter().map(|part| part.replace('\u{1f}', "\u{1f}\u{1f}")).collect::<Vec<_>>().join("\u{1f} ")
            }
        };
        let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let key = *self.known.entry(joined.into()).or_insert(next);
        if key == next {
            self.keys.values.extend(self.parts.iter().map(|part| Arc::from(part.as_str())));
        }
        self.pairs.push((item, key));
    }

    /// The item holds a key, even if it leads nowhere.
    fn mark(&mut self, item: u32) {
        if let Some(asked) = self.asked.get_mut(item as usize) {
            *asked = true;
        }
    }

    /// Takes over what a crosswalk made of other keys, whatever the system.
    pub fn absorb(&mut self, translated: &Translated) {
        self.absorb_where(translated, |_| true);
    }

    pub fn absorb_where(&mut self, translated: &Translated, wanted: impl Fn(&str) -> bool) {
        let items = translated.keyed.starts.len().saturating_sub(1);
        self.failed.extend(translated.keyed.failed.iter().cloned());
        for item in 0..items {
            let number = u32::try_from(item).unwrap_or(u32::MAX);
            if translated.keyed.asked.get(item) == Some(&true) {
                self.mark(number);
            }
            let Some(answer) = &translated.answer else { continue };
            for key in translated.keyed.of_item(item) {
                if let Ok(found) = answer.failed.binary_search_by_key(key, |(failed, _)| *failed) {
                    let reason = answer.failed.get(found).map(|(_, reason)| reason.clone());
                    self.failed.extend(reason.map(|reason| (number, translated.source, reason)));
                    continue;
                }
                for at in answer.groups.of(*key) {
                    let Cell::Text(system) = answer.raw.cell(at + 1) else { continue };
                    if wanted(answer.raw.text(system)) {
                        self.add_cell(number, answer.raw.cell(*at), |span| answer.raw.text(span));
                    }
                }
            }
        }
    }

    #[must_use]
    pub fn finish(mut self) -> Keyed {
        // Stable: the keys of an item stay in the order in which they were found.
        self.pairs.sort_by_key(|(item, _)| *item);
        self.failed.sort_by_key(|(item, ..)| *item);
        let mut starts = Vec::with_capacity(self.asked.len() + 1);
        let mut of = Vec::with_capacity(self.pairs.len());
        let mut pairs = self.pairs.into_iter().peekable();
        for item in 0..self.asked.len() {
            starts.push(u32::try_from(of.len()).unwrap_or(u32::MAX));
            while let Some((_, key)) = pairs.next_if(|(owner, _)| *owner as usize == item) {
                of.push(key);
            }
        }
        starts.push(u32::try_from(of.len()).unwrap_or(u32::MAX));
        Keyed { keys: self.keys, starts, of, asked: self.asked, failed: self.failed }
    }
}
