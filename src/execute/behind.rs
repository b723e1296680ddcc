//! Behind: what has to be known of the records of an answer before they are decided on, and does not stand in them.
//!
//! All records of an answer are followed together: a crosswalk is one statement, a source is asked once for all that they lead to. What could
//! not be found out is a failure of whoever was asked for it: such a record is not shown, and nobody is told that there is none.

use super::Run;
use super::keys::Held;
use super::level::Level;
use crate::graph::{SourceId, TypeId};
use crate::plan::{Behind, FetchId, KeyAt, Leg, SubjectBy, Trail};
use crate::policy::{Known, Value};
use crate::record::{Cell, Keys, Raw, What};
use crate::source::{Answer, Reason};
use futures::FutureExt;
use futures::future::{BoxFuture, join, join_all};
use indexmap::IndexSet;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Who could not be asked, and why.
#[derive(Debug, Clone)]
pub struct Missing {
    pub source: SourceId,
    pub reason: Reason,
}

/// What was found for each of some records.
type Traced<T> = Vec<Result<Vec<T>, Missing>>;

/// A key, part by part.
type Key = Vec<String>;

/// Whose records are, by first cell.
type Subjects = Vec<(u32, Arc<str>)>;

/// What an asker holds of the keys of an answer, and where they stand.
pub type Holder<'h> = (&'h Held, &'h Level);

impl Run<'_> {
    /// Adds what is behind the records of an answer to what is known of them. Gives the records of which not all could be found out.
    pub(super) async fn behind(
        &self,
        fetch: FetchId,
        answer: &Answer,
        holders: &[Holder<'_>],
        known: &mut Known,
    ) -> HashMap<u32, Missing> {
        let mut missing = HashMap::new();
        let Some(all) = self.plan.behind.get(&fetch) else { return missing };
        let mut subjects = Vec::new();
        let found = all.iter().map(|behind| async move {
            let starts = starts(answer, behind.on);
            let facts = behind.facts.iter().map(|(_, _, trail)| self.follow(trail, &answer.raw, &starts));
            let (whose, facts) = join(self.whose(behind, answer, &starts, holders), join_all(facts)).await;
            (behind, starts, whose, facts)
        });
        for (behind, starts, (whose, unknown), facts) in join_all(found).await {
            subjects.extend(whose);
            // Where it is only put on record, it is on record that it is not known.
            missing.extend(unknown.into_iter().filter(|_| self.plan.whose_decides));
            for ((position, ..), found) in behind.facts.iter().zip(facts) {
                for (at, found) in starts.iter().zip(found) {
                    match found {
                        Ok(values) => known.say(*at, *position, values),
                        Err(reason) => _ = missing.insert(*at, reason),
                    }
                }
            }
        }
        known.belong(subjects);
        missing
    }

    async fn whose(
        &self,
        behind: &Behind,
        answer: &Answer,
        starts: &IndexSet<u32>,
        holders: &[Holder<'_>],
    ) -> (Subjects, Vec<(u32, Missing)>) {
        let (mut subjects, mut missing) = (Vec::new(), Vec::new());
        match &behind.subject {
            SubjectBy::Nobody => {}
            SubjectBy::Above => {
                holders.iter().for_each(|(held, holder)| above(answer, starts, held, holder, &mut subjects));
            }
            SubjectBy::Trail(trail) => {
                for (at, found) in starts.iter().zip(self.follow(trail, &answer.raw, starts).await) {
                    match found {
                        Ok(values) => subjects.extend(values.into_iter().filter_map(|value| match value {
                            Value::Text(id) => Some((*at, id)),
                            Value::Truth(_) | Value::Number(_) => None,
                        })),
                        Err(reason) => missing.push((*at, reason)),
                    }
                }
            }
        }
        (subjects, missing)
    }

    /// Recursion is bounded by the length of the trail.
    fn follow<'s>(&'s self, trail: &'s Trail, raw: &'s Raw, starts: &'s IndexSet<u32>) -> BoxFuture<'s, Traced<Value>> {
        let one = |mut key: Key| (key.len() == 1).then(|| key.pop()).flatten().map(|text| Value::Text(text.into()));
        async move {
            match trail {
                Trail::Value(path) => starts.iter().map(|at| values(raw, path, *at)).collect(),
                Trail::Key(key) => {
                    let keys = self.keys(key, raw, starts).await.into_iter();
                    keys.map(|keys| Ok(keys?.into_iter().filter_map(one).collect())).collect()
                }
                Trail::Over { many, legs } => self.over(*many, legs, raw, starts).await,
            }
        }
        .boxed()
    }

    /// The keys that records hold, through the crosswalks.
    async fn keys(&self, key: &KeyAt, raw: &Raw, starts: &IndexSet<u32>) -> Traced<Key> {
        let mut keys: Traced<Key> = starts.iter().map(|at| keys_at(raw, &key.columns, *at)).collect();
        for (fetch, system) in &key.crosses {
            keys = self.crossed(*fetch, system, keys).await;
        }
        keys
    }

    async fn crossed(&self, fetch: FetchId, system: &str, held: Traced<Key>) -> Traced<Key> {
        let fetch = self.plan.fetch(fetch);
        let distinct = Distinct::of(&held, |key| key.len() == 1);
        if distinct.keys.is_empty() {
            return held;
        }
        let answer = self.ask(fetch, &distinct.keys, (None, None)).await;
        let (raw, source) = (&answer.raw, fetch.source);
        let led = |key: Key| -> Result<Vec<Key>, Missing> {
            let Some(number) = distinct.number(&key) else { return Ok(Vec::new()) };
            failed(&answer, number, source)?;
            let records = answer.groups.of(number).iter().filter_map(|at| match (raw.cell(*at), raw.cell(at + 1)) {
                (Cell::Text(own), Cell::Text(of)) if raw.text(of) == system => Some(vec![raw.text(own).to_owned()]),
                _ => None,
            });
            Ok(records.collect())
        };
        held.into_iter().map(|keys| Ok(keys?.into_iter().map(led).collect::<Result<Vec<_>, _>>()?.concat())).collect()
    }

    /// Over all sources of the records in between.
    async fn over(&self, many: bool, legs: &[Leg], raw: &Raw, starts: &IndexSet<u32>) -> Traced<Value> {
        let first = legs.iter().filter(|leg| !leg.stands_in).map(|leg| self.leg(leg, raw, starts));
        let mut found = united(many, starts.len(), join_all(first).await);
        let unknown = |found: &Traced<Value>| -> Vec<usize> {
            found.iter().enumerate().filter(|(_, found)| found.is_err()).map(|(number, _)| number).collect()
        };
        for leg in legs.iter().filter(|leg| leg.stands_in) {
            let numbers = unknown(&found);
            let left: IndexSet<u32> = numbers.iter().filter_map(|number| starts.get_index(*number).copied()).collect();
            for (number, said) in numbers.into_iter().zip(self.leg(leg, raw, &left).await) {
                if let (Ok(Some(values)), Some(place)) = (said, found.get_mut(number)) {
                    *place = Ok(values);
                }
            }
        }
        found
    }

    /// What one source leads to; none where it has no record.
    async fn leg(&self, leg: &Leg, raw: &Raw, starts: &IndexSet<u32>) -> Vec<Result<Option<Vec<Value>>, Missing>> {
        let held = self.keys(&leg.key, raw, starts).await;
        let fetch = self.plan.fetch(leg.fetch);
        let parts = self.conditions_on_parts(fetch);
        let fits = |key: &Key| {
            parts.iter().all(|(part, values)| key.get(*part).is_some_and(|own| values.iter().any(|one| **one == **own)))
        };
        let distinct = Distinct::of(&held, |key| self.answers_for(leg.fetch, &leg.given) && fits(key));
        let none = Answer::failed(Raw::empty(fetch.layout.clone(), fetch.source), 0, &Reason::Several);
        let answer = match distinct.keys.is_empty() {
            true => none,
            false => self.ask(fetch, &distinct.keys, (Some(&leg.given), None)).await,
        };
        let next = self::starts(&answer, leg.on);
        let found = self.follow(&leg.then, &answer.raw, &next).await;
        let led = |keys: Vec<Key>| -> Result<Option<Vec<Value>>, Missing> {
            let mut values: Option<Vec<Value>> = None;
            for number in keys.iter().filter_map(|key| distinct.number(key)) {
                failed(&answer, number, fetch.source)?;
                for at in answer.groups.of(number) {
                    let said = next.get_index_of(at).and_then(|place| found.get(place));
                    values.get_or_insert_default().extend(said.cloned().transpose()?.into_iter().flatten());
                }
            }
            Ok(values)
        };
        held.into_iter().map(|keys| led(keys?)).collect()
    }
}

/// Distinct keys, to be asked for together.
struct Distinct {
    known: IndexSet<String>,
    keys: Keys<'static>,
}

impl Distinct {
    fn of(held: &Traced<Key>, wanted: impl Fn(&Key) -> bool) -> Self {
        let mut distinct = Self { known: IndexSet::new(), keys: Keys::default() };
        for key in held.iter().flatten().flatten().filter(|key| wanted(key)) {
            if distinct.known.insert(joined(key)) {
                distinct.keys.parts = key.len();
                distinct.keys.values.extend(key.iter().cloned().map(Cow::Owned));
            }
        }
        distinct
    }

    /// `None` for a key that is not asked for.
    fn number(&self, key: &Key) -> Option<u32> {
        self.known.get_index_of(&joined(key)).and_then(|number| u32::try_from(number).ok())
    }
}

fn joined(key: &Key) -> String {
    let parts: Vec<Cow<'_, str>> = key.iter().map(|part| Cow::Borrowed(part.as_str())).collect();
    Keys::joined(&parts).into_owned()
}

fn failed(answer: &Answer, number: u32, source: SourceId) -> Result<(), Missing> {
    let found = answer.failed.binary_search_by_key(&number, |(failed, _)| *failed).ok();
    match found.and_then(|found| answer.failed.get(found)) {
        Some((_, reason)) => Err(Missing { source, reason: reason.clone() }),
        None => Ok(()),
    }
}

/// What several sources said. Of one record it is enough that one has it; of several, all who have some must have been asked.
fn united(many: bool, records: usize, said: Vec<Vec<Result<Option<Vec<Value>>, Missing>>>) -> Traced<Value> {
    let mut of_record: Vec<Vec<Result<Option<Vec<Value>>, Missing>>> = (0..records).map(|_| Vec::new()).collect();
    for leg in said {
        of_record.iter_mut().zip(leg).for_each(|(all, one)| all.push(one));
    }
    let unite = |all: Vec<Result<Option<Vec<Value>>, Missing>>| {
        let has = all.iter().any(|one| matches!(one, Ok(Some(_))));
        let all = all.into_iter().filter(|one| many || !has || one.is_ok());
        let all = all.collect::<Result<Vec<_>, Missing>>()?;
        Ok(all.into_iter().flatten().flatten().collect())
    };
    of_record.into_iter().map(unite).collect()
}

/// The first cells of the records of one type, each once, in the order of the keys that they answer.
fn starts(answer: &Answer, on: TypeId) -> IndexSet<u32> {
    let raw = &answer.raw;
    let column = raw.layout.position(What::Type);
    let is = |at: &u32| column.is_none_or(|column| raw.cell(at + column) == Cell::Type(on));
    answer.groups.at.iter().copied().filter(is).collect()
}

/// Whose the records are that a link leads to: those of whose the record is that it starts from.
fn above(answer: &Answer, starts: &IndexSet<u32>, held: &Held, holder: &Level, subjects: &mut Subjects) {
    for item in 0..holder.items.len() {
        let whose: Vec<&Arc<str>> = holder.subjects(item).collect();
        let records = held.of_item(item).iter().flat_map(|key| answer.groups.of(*key));
        for at in records.filter(|at| starts.contains(*at)) {
            subjects.extend(whose.iter().map(|id| (*at, Arc::clone(id))));
        }
    }
}

/// The keys in these columns of a record; several where one column holds a list.
fn keys_at(raw: &Raw, columns: &[u32], at: u32) -> Result<Vec<Key>, Missing> {
    let text = |cell: Cell| match cell {
        Cell::Text(text) => Ok(Some(raw.text(text).to_owned())),
        Cell::Int(number) => Ok(Some(number.to_string())),
        Cell::Bool(truth) => Ok(Some(truth.to_string())),
        Cell::Null => Ok(None),
        _ => Err(invalid(raw)),
    };
    if let [column] = columns
        && let Cell::List(span) = raw.cell(at + column)
    {
        let keys = (span.start..span.start + span.len).map(|n| Ok(text(raw.cell(n))?.map(|part| vec![part])));
        return Ok(keys.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    let parts = columns.iter().map(|column| text(raw.cell(at + column))).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.into_iter().collect::<Option<Key>>().into_iter().collect())
}

/// The values at the end of a path; none for nothing.
fn values(raw: &Raw, path: &[u32], at: u32) -> Result<Vec<Value>, Missing> {
    let Some((first, rest)) = path.split_first() else { return Ok(Vec::new()) };
    let scalar = |cell: Cell| match cell {
        Cell::Bool(truth) => Ok(Value::Truth(truth)),
        Cell::Int(number) => Ok(Value::Number(number)),
        Cell::Text(text) => Ok(Value::Text(raw.text(text).into())),
        _ => Err(invalid(raw)),
    };
    match (raw.cell(at + first), rest) {
        (Cell::Null, _) => Ok(Vec::new()),
        (Cell::Object(at), [_, ..]) => values(raw, rest, at),
        (Cell::List(span), []) => (span.start..span.start + span.len).map(|n| scalar(raw.cell(n))).collect(),
        (cell, []) => Ok(vec![scalar(cell)?]),
        _ => Err(invalid(raw)),
    }
}

fn invalid(raw: &Raw) -> Missing {
    Missing {
        source: raw.source,
        reason: Reason::Invalid("a value of another type, by which records are decided on".to_owned()),
    }
}
