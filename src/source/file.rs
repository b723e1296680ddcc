//! File: records in a JSON file, read and held once, at the start.
//!
//! Every fetch shares the same cells, so its answer only lists places. The layout is that of everything the file maps, not
//! of what a plan wants: see `Layout::whole`.

use super::answer::Gathered;
use super::decode::{Bounds, Decoder};
use super::{Answer, Call, Groups};
use crate::graph::Match;
use crate::graph::{Access, Binding, BindingId, Entry, Graph, Pointer, Problem, SourceId};
use crate::limits::Limits;
use crate::record::{Keys, Layout, Part, Raw};
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct File {
    bindings: HashMap<BindingId, Records>,
}

/// What one binding has of the file.
#[derive(Debug)]
struct Records {
    raw: Arc<Raw>,
    all: Vec<u32>,
    /// Ways in by key.
    by: Vec<Index>,
}

/// The records of each key.
#[derive(Debug, Default)]
struct Index {
    /// By key, as one text: where its records stand in `at`.
    of: HashMap<Box<str>, Range<usize>, RandomState>,
    at: Vec<u32>,
}

impl File {
    pub(super) fn open(
        graph: &Graph,
        id: SourceId,
        limits: &Limits,
        now: i64,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let source = graph.source(id);
        let mut wrong = |message: String, hint: &str| {
            let hint = Some(hint.to_owned());
            problems.push(Problem::error(&source.place, message).with_hint_if(hint));
        };
        let Some(path) = &source.reach.path else {
            wrong(format!("source `{}` has no `path`", source.name), "name the JSON file: path = \"counties.json\"");
            return None;
        };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                wrong(
                    format!("can't read `{}`: {}", path.display(), error.kind()),
                    "a path is relative to its resolver file",
                );
                return None;
            }
        };
        let mut bindings = HashMap::new();
        for (index, binding) in (0_u16..).zip(&graph.bindings).filter(|(_, binding)| binding.source == id) {
            match Records::read(graph, binding, &bytes, limits, now) {
                Ok(records) => drop(bindings.insert(BindingId(index), records)),
                Err(reason) => {
                    wrong(format!("can't use `{}`: {reason:?}", path.display()), "the file is a JSON list of records");
                }
            }
        }
        Some(Self { bindings })
    }

    /// `None` for a binding that is not of this file.
    pub(super) fn fetch(&self, binding: BindingId, entry: Entry, many: bool, call: &Call<'_>) -> Option<Answer> {
        let records = self.bindings.get(&binding)?;
        let groups = match entry {
            Entry::Find(_) => {
                let end = u32::try_from(records.all.len()).unwrap_or(u32::MAX);
                Groups { starts: vec![0, end], at: records.all.clone() }
            }
            Entry::By(by) => records.groups(usize::from(by), call),
        };
        let twice = |key: &u32| !many && groups.of(*key).len() > 1;
        let asked = if call.keys.parts == 0 { 1 } else { call.keys.len() };
        if let Some(keys) = u32::try_from(asked).ok().filter(|keys| (0..*keys).any(|key| twice(&key))) {
            let mut gathered = Gathered::new(Raw::empty(Arc::clone(&records.raw.layout), records.raw.source));
            gathered.found = (0..keys).flat_map(|key| groups.of(key).iter().map(move |at| (key, *at))).collect();
            let answer = gathered.answer(asked, many);
            return Some(Answer { raw: Arc::clone(&records.raw), ..answer });
        }
        Some(Answer::of(Arc::clone(&records.raw), groups, Vec::new()))
    }
}

impl Records {
    fn read(graph: &Graph, binding: &Binding, bytes: &[u8], limits: &Limits, now: i64) -> Result<Self, super::Reason> {
        let ways: Vec<&[Pointer]> = binding
            .by
            .iter()
            .map(|by| match &by.access {
                Access::File(matches) => matches.as_slice(),
                _ => &[],
            })
            .collect();
        let layout = Arc::new(Layout::whole(graph, binding));
        let mut raw = Raw::empty(Arc::clone(&layout), binding.source);
        raw.retrieved_at = now;
        // The keys of all ways in, one after the other, are what a record "answers".
        let decoder = Decoder::json(
            &layout,
            &ways.concat().into_iter().map(Match::plain).collect::<Vec<_>>(),
            &Pointer::default(),
            false,
        );
        let held = decoder.read(bytes, &mut raw, &Bounds::of(limits))?;
        let raw = raw.condensed();
        let all: Vec<u32> = held.records.into_iter().flatten().collect();
        let mut by = Vec::with_capacity(ways.len());
        let mut first = 0;
        for way in ways {
            let parts = first..first + way.len();
            let key = |at: u32| parts.clone().map(|part| decoder.key(&raw, at, part, None)).collect::<Option<Vec<_>>>();
            by.push(Index::of(all.iter().filter_map(|at| Some((Keys::joined(&key(*at)?).into(), *at)))));
            first += way.len();
        }
        Ok(Self { raw: Arc::new(raw), all, by })
    }

    fn groups(&self, by: usize, call: &Call<'_>) -> Groups {
        let keys = call.keys.len();
        let mut groups = Groups { starts: Vec::with_capacity(keys + 1), at: Vec::with_capacity(keys) };
        groups.starts.push(0);
        for key in call.keys.iter() {
            groups.at.extend_from_slice(self.by.get(by).map(|index| index.records(key)).unwrap_or_default());
            groups.starts.push(u32::try_from(groups.at.len()).unwrap_or(u32::MAX));
        }
        groups
    }
}

impl Index {
    /// Of keys with the first cell of a record for each, in the source's order.
    fn of(records: impl Iterator<Item = (Box<str>, u32)>) -> Self {
        let mut by_key: IndexMap<Box<str>, Vec<u32>> = IndexMap::new();
        records.for_each(|(key, at)| by_key.entry(key).or_default().push(at));
        let mut index = Self::default();
        index.of.reserve(by_key.len());
        for (key, records) in by_key {
            let start = index.at.len();
            index.at.extend(records);
            index.of.insert(key, start..index.at.len());
        }
        index
    }

    fn records(&self, key: &[Part<'_>]) -> &[u32] {
        let range = self.of.get(&*Keys::joined(key));
        range.and_then(|range| self.at.get(range.clone())).unwrap_or_default()
    }
}
