//! Trail: follows the ways from records to what has to be known of them.
//!
//! All records of an answer are followed together: a crosswalk is one statement, a source is asked once for all that they lead to.

use super::Run;
use super::behind::Missing;
use crate::graph::{SourceId, TypeId};
use crate::plan::{FetchId, KeyAt, Leg, Trail};
use crate::policy::{Known, Value, admit};
use crate::record::{Cell, Keys, Raw, What};
use crate::source::{Answer, Reason};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use indexmap::IndexSet;
use std::borrow::Cow;
use std::sync::Arc;

/// What was found for each of some records.
pub type Traced<T> = Vec<Result<T, Missing>>;

/// What a record says, or those that it leads to, for each end of the trail; nothing where there is none, or it does not say.
pub type Spoken = Vec<Option<Vec<Value>>>;

/// What each of the records says that one leads to.
#[derive(Debug, Clone, Default)]
struct Led(Vec<Spoken>);

/// A key, part by part.
type Key = Vec<String>;

impl Run<'_> {
    /// Recursion is bounded by the length of the trail.
    pub(super) fn follow<'s>(
        &'s self,
        trail: &'s Trail,
        raw: &'s Raw,
        starts: &'s IndexSet<u32>,
    ) -> BoxFuture<'s, Traced<Spoken>> {
        let one = |mut key: Key| (key.len() == 1).then(|| key.pop()).flatten().map(|text| Value::Text(text.into()));
        async move {
            match trail {
                Trail::Values(paths) => {
                    let said =
                        |at: &u32| paths.iter().map(|path| values(raw, path, *at)).collect::<Result<Spoken, _>>();
                    starts.iter().map(said).collect()
                }
                Trail::Key(key) => {
                    let keys = self.keys(key, raw, starts).await.into_iter();
                    keys.map(|keys| Ok(vec![Some(keys?.into_iter().filter_map(one).collect())])).collect()
                }
                Trail::Over { many, legs } => self.over(*many, legs, raw, starts).await,
            }
        }
        .boxed()
    }

    /// The keys that records hold, through the crosswalks.
    async fn keys(&self, key: &KeyAt, raw: &Raw, starts: &IndexSet<u32>) -> Traced<Vec<Key>> {
        let mut keys: Traced<Vec<Key>> = starts.iter().map(|at| keys_at(raw, &key.columns, *at)).collect();
        for (fetch, system) in &key.crosses {
            keys = self.crossed(*fetch, system, keys).await;
        }
        keys
    }

    async fn crossed(&self, fetch: FetchId, system: &str, held: Traced<Vec<Key>>) -> Traced<Vec<Key>> {
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
    async fn over(&self, many: bool, legs: &[Leg], raw: &Raw, starts: &IndexSet<u32>) -> Traced<Spoken> {
        let first = legs.iter().filter(|leg| !leg.stands_in).map(|leg| self.leg(leg, raw, starts));
        let ends = legs.first().map_or(0, |leg| leg.then.ends());
        let mut found = united((many, ends), starts.len(), join_all(first).await);
        let unknown = |found: &Traced<Spoken>| -> Vec<usize> {
            found.iter().enumerate().filter(|(_, found)| found.is_err()).map(|(number, _)| number).collect()
        };
        for leg in legs.iter().filter(|leg| leg.stands_in) {
            let numbers = unknown(&found);
            let left: IndexSet<u32> = numbers.iter().filter_map(|number| starts.get_index(*number).copied()).collect();
            let said = united((many, ends), left.len(), vec![self.leg(leg, raw, &left).await]);
            for (number, said) in numbers.into_iter().zip(said) {
                if let (Ok(said), Some(place)) = (said, found.get_mut(number))
                    && said.iter().any(Option::is_some)
                {
                    *place = Ok(said);
                }
            }
        }
        found
    }

    /// What the records of one source say, for each record that leads to them.
    async fn leg(&self, leg: &Leg, raw: &Raw, starts: &IndexSet<u32>) -> Traced<Led> {
        let held = self.keys(&leg.key, raw, starts).await;
        let fetch = self.plan.fetch(leg.fetch);
        let parts = self.conditions_on_parts(fetch);
        let fits = |key: &Key| {
            parts.iter().all(|(part, values)| key.get(*part).is_some_and(|own| values.iter().any(|one| **one == **own)))
        };
        let distinct = Distinct::of(&held, |key| self.answers_for(leg.fetch, &leg.given) && fits(key));
        if distinct.keys.is_empty() {
            return held.into_iter().map(|keys| keys.map(|_| Led::default())).collect();
        }
        let answer = self.ask(fetch, &distinct.keys, (Some(&leg.given), None)).await;
        let next = match self.shown(leg, &answer).await {
            Ok(next) => next,
            Err(missing) => return held.into_iter().map(|_| Err(missing.clone())).collect(),
        };
        let found = self.follow(&leg.then, &answer.raw, &next).await;
        let led = |keys: Vec<Key>| -> Result<Led, Missing> {
            let mut led = Led::default();
            for number in keys.iter().filter_map(|key| distinct.number(key)) {
                failed(&answer, number, fetch.source)?;
                for place in answer.groups.of(number).iter().filter_map(|at| next.get_index_of(at)) {
                    led.0.extend(found.get(place).cloned().transpose()?);
                }
            }
            Ok(led)
        };
        held.into_iter().map(|keys| led(keys?)).collect()
    }

    /// The records that a trail goes on from: where they say something of others, those that may be known of.
    async fn shown(&self, leg: &Leg, answer: &Answer) -> Result<IndexSet<u32>, Missing> {
        let all = starts(answer, leg.on);
        if !leg.decided {
            return Ok(all);
        }
        let mut known = Known::default();
        let closed = self.closed(Some(leg.on), answer, &mut known).await;
        closed.map_err(|reason| Missing { source: self.plan.fetch(leg.fetch).source, reason })?;
        let raw = Arc::clone(&answer.raw);
        let records = admit(self.permitted, self.world.graph, Some(leg.on), raw, &answer.groups.at, known);
        // Of one that can't be decided on it is not known what it may say.
        if let Some(lost) = all.iter().find_map(|at| records.undecided(*at)) {
            return Err(lost.into());
        }
        Ok(all.into_iter().filter(|at| records.shows(*at)).collect())
    }
}

/// Distinct keys, to be asked for together.
struct Distinct {
    known: IndexSet<String>,
    keys: Keys<'static>,
}

impl Distinct {
    fn of(held: &Traced<Vec<Key>>, wanted: impl Fn(&Key) -> bool) -> Self {
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

/// What several sources say. Of one record it is enough that one has it; of several, all who may have some must have been asked, and all must
/// say it.
fn united((many, ends): (bool, usize), records: usize, said: Vec<Traced<Led>>) -> Traced<Spoken> {
    let mut of_record: Vec<Traced<Led>> = (0..records).map(|_| Vec::new()).collect();
    for leg in said {
        of_record.iter_mut().zip(leg).for_each(|(all, one)| all.push(one));
    }
    let unite = |all: Traced<Led>| {
        let has = all.iter().any(|one| matches!(one, Ok(Led(all)) if !all.is_empty()));
        let all = all.into_iter().filter(|one| many || !has || one.is_ok()).collect::<Result<Vec<_>, Missing>>()?;
        if !many && !has {
            return Ok(vec![None; ends]);
        }
        let records: Vec<Spoken> = all.into_iter().flat_map(|Led(all)| all).collect();
        let of_end =
            |end: usize| records.iter().map(|said| said.get(end).cloned().flatten()).collect::<Option<Vec<_>>>();
        Ok((0..ends).map(|end| of_end(end).map(|said| said.concat())).collect())
    };
    of_record.into_iter().map(unite).collect()
}

/// The first cells of the records of one type, each once, in the order of the keys that they answer.
pub fn starts(answer: &Answer, on: TypeId) -> IndexSet<u32> {
    answer.groups.at.iter().copied().filter(of_type(answer, on)).collect()
}

/// Whether the record that starts at a cell is of this type.
pub fn of_type(answer: &Answer, on: TypeId) -> impl Fn(&u32) -> bool {
    let raw = &answer.raw;
    let column = raw.layout.position(What::Type);
    move |at: &u32| column.is_none_or(|column| raw.cell(at + column) == Cell::Type(on))
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
        let keys =
            (span.start..span.start + span.len).map(|n| text(raw.cell(n)).map(|part| part.map(|part| vec![part])));
        return Ok(keys.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    let parts = columns.iter().map(|column| text(raw.cell(at + column))).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.into_iter().collect::<Option<Key>>().into_iter().collect())
}

/// The values at the end of a path.
fn values(raw: &Raw, path: &[u32], at: u32) -> Result<Option<Vec<Value>>, Missing> {
    let Some((first, rest)) = path.split_first() else { return Ok(None) };
    let scalar = |cell: Cell| match cell {
        Cell::Bool(truth) => Ok(Value::Truth(truth)),
        Cell::Int(number) => Ok(Value::Number(number)),
        Cell::Text(text) => Ok(Value::Text(raw.text(text).into())),
        _ => Err(invalid(raw)),
    };
    match (raw.cell(at + first), rest) {
        (Cell::Null, _) => Ok(None),
        (Cell::Object(at), [_, ..]) => values(raw, rest, at),
        (Cell::List(span), []) => {
            (span.start..span.start + span.len).map(|n| scalar(raw.cell(n))).collect::<Result<_, _>>().map(Some)
        }
        (cell, []) => Ok(Some(vec![scalar(cell)?])),
        _ => Err(invalid(raw)),
    }
}

fn invalid(raw: &Raw) -> Missing {
    Missing {
        source: raw.source,
        reason: Reason::Invalid("a value of another type, by which records are decided on".to_owned()),
    }
}
