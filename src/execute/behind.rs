//! Behind: what has to be known of the records of an answer before they are decided on, and does not stand in them.
//!
//! What could not be found out is a failure of whoever was asked for it. What hangs on it is not shown, the whole record or some fields of
//! it, and nobody is told that there is none.

use super::Run;
use super::ask::Calling;
use super::keys::Held;
use super::level::Level;
use super::trail::{Spoken, of_type, starts};
use crate::graph::{SourceId, TypeId};
use crate::plan::{Behind, KeyAt, SubjectBy, Trail};
use crate::policy::{Known, Loss, Lost, Value};
use crate::record::{Cell, Keys};
use crate::source::{Answer, Reason};
use futures::future::{join, join_all};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::sync::Arc;

/// Who could not be asked, and why.
#[derive(Debug, Clone)]
pub struct Missing {
    pub source: SourceId,
    pub reason: Reason,
}

impl Missing {
    fn lost(&self) -> Lost {
        let how = match self.reason {
            Reason::Timeout => Loss::Timeout,
            Reason::Unavailable(_) => Loss::Unavailable,
            Reason::Invalid(_) | Reason::Several => Loss::Invalid,
            Reason::Limit(limit) => Loss::Limit(limit),
        };
        Lost { source: self.source, how }
    }
}

impl From<Lost> for Missing {
    fn from(Lost { source, how }: Lost) -> Self {
        let reason = match how {
            Loss::Timeout => Reason::Timeout,
            Loss::Unavailable => Reason::Unavailable(String::new()),
            Loss::Invalid => Reason::Invalid(String::new()),
            Loss::Limit(limit) => Reason::Limit(limit),
        };
        Self { source, reason }
    }
}

/// Adds what was found of some facts of a record to what is known of it.
fn say(at: u32, facts: &[(u8, Arc<str>)], found: Result<Spoken, Missing>, known: &mut Known) {
    match found {
        Ok(said) => {
            for ((position, _), values) in facts.iter().zip(said) {
                if let Some(values) = values {
                    known.say(at, *position, values);
                }
            }
        }
        Err(reason) => facts.iter().for_each(|(position, _)| known.lose(at, *position, reason.lost())),
    }
}

/// Whose records are, by first cell.
type Subjects = Vec<(u32, Arc<str>)>;

/// What an asker holds of the keys of an answer, and where they stand.
pub type Holder<'h> = (Held, &'h Level);

impl Run<'_> {
    /// Adds what is behind the records of an answer to what is known of them. Gives the keys of the records of which not all could be found
    /// out.
    pub(super) async fn behind(&self, call: &Calling<'_>, answer: &Answer, known: &mut Known) -> HashMap<u32, Missing> {
        let Some(all) = self.plan.behind.get(&call.fetch) else { return HashMap::new() };
        if answer.groups.at.is_empty() {
            let unknown = self.as_if(all, call, answer).await;
            return if self.plan.whose_decides { unknown } else { HashMap::new() };
        }
        let (mut subjects, mut missing) = (Vec::new(), HashMap::new());
        let found = all.iter().map(|behind| async move {
            if let Some(whose) = at_once(behind, answer, call.holders) {
                return (behind, IndexSet::new(), (whose, Vec::new()), Vec::new());
            }
            let starts = starts(answer, behind.on);
            let facts = behind.facts.iter().map(|(_, trail)| self.follow(trail, &answer.raw, &starts));
            let (whose, facts) = join(self.whose(behind, answer, &starts, call.holders), join_all(facts)).await;
            (behind, starts, whose, facts)
        });
        for (behind, starts, (whose, unknown), facts) in join_all(found).await {
            subjects.extend(whose);
            // Where it is only put on record, it is on record that it is not known.
            missing.extend(unknown.into_iter().filter(|_| self.plan.whose_decides));
            for ((facts, _), found) in behind.facts.iter().zip(facts) {
                for (at, found) in starts.iter().zip(found) {
                    say(*at, facts, found, known);
                }
            }
        }
        known.belong(subjects);
        let mut unknown = HashMap::new();
        for key in (0_u32..).take(answer.groups.starts.len()).filter(|_| !missing.is_empty()) {
            let first = answer.groups.of(key).iter().find_map(|at| missing.get(at));
            unknown.extend(first.map(|missing| (key, missing.clone())));
        }
        unknown
    }

    /// Where no record came the store's crosswalks are asked as if one had: else the time that it takes would tell what is hidden from what is
    /// not there. Another agency is not asked about what is not there.
    async fn as_if(&self, all: &[Behind], call: &Calling<'_>, answer: &Answer) -> HashMap<u32, Missing> {
        let crosses = all.iter().find_map(|behind| match &behind.subject {
            SubjectBy::Trail(Trail::Key(key)) => Some(&key.crosses),
            _ => None,
        });
        let mut unknown = HashMap::new();
        for (fetch, _) in crosses.into_iter().flatten().filter(|_| answer.failed.is_empty()) {
            let fetch = self.plan.fetch(*fetch);
            let nobody = Keys { parts: 1, values: vec!["".into()] };
            if let Some((_, reason)) = self.ask(fetch, &nobody, (None, None)).await.failed.first() {
                let missing = || Missing { source: fetch.source, reason: reason.clone() };
                let keys = u32::try_from(call.keys.len().max(1)).unwrap_or(u32::MAX);
                unknown.extend((0..keys).map(|key| (key, missing())));
            }
        }
        unknown
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
                for holder in holders {
                    above(answer, behind.on, holder, &mut subjects);
                }
            }
            SubjectBy::Trail(trail) => {
                for (at, found) in starts.iter().zip(self.follow(trail, &answer.raw, starts).await) {
                    match found {
                        Ok(values) => {
                            let ids = values.into_iter().flatten().flatten().filter_map(id);
                            subjects.extend(ids.map(|id| (*at, id)));
                        }
                        Err(reason) => missing.push((*at, reason)),
                    }
                }
            }
        }
        (subjects, missing)
    }
}

/// Whose records are, where a look at them and at those above says all that is to be found out: mostly it does.
fn at_once(behind: &Behind, answer: &Answer, holders: &[Holder<'_>]) -> Option<Subjects> {
    if !behind.facts.is_empty() {
        return None;
    }
    let mut subjects = Subjects::with_capacity(answer.groups.at.len());
    match &behind.subject {
        SubjectBy::Nobody => {}
        SubjectBy::Above => {
            for holder in holders {
                above(answer, behind.on, holder, &mut subjects);
            }
        }
        SubjectBy::Trail(Trail::Key(KeyAt { columns, crosses })) if crosses.is_empty() => {
            let [column] = columns.as_slice() else { return None };
            for at in answer.groups.at.iter().copied().filter(of_type(answer, behind.on)) {
                match answer.raw.cell(at + column) {
                    Cell::Text(text) => subjects.push((at, answer.raw.text(text).into())),
                    Cell::Null => {}
                    _ => return None,
                }
            }
        }
        SubjectBy::Trail(_) => return None,
    }
    Some(subjects)
}

/// Whose the records are that a link leads to: those of whose the record is that it starts from.
fn above(answer: &Answer, on: TypeId, (held, holder): &Holder<'_>, subjects: &mut Subjects) {
    for item in 0..holder.items.len() {
        let mut whose = holder.subjects(item);
        let Some(first) = whose.next() else { continue };
        let others: Vec<&Arc<str>> = whose.collect();
        let records = held.of_item(item).iter().flat_map(|key| answer.groups.of(*key));
        for at in records.copied().filter(of_type(answer, on)) {
            subjects.push((at, Arc::clone(first)));
            subjects.extend(others.iter().map(|id| (at, Arc::clone(id))));
        }
    }
}

fn id(value: Value) -> Option<Arc<str>> {
    match value {
        Value::Text(id) => Some(id),
        Value::Truth(_) | Value::Number(_) => None,
    }
}
