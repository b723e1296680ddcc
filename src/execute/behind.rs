//! Behind: what has to be known of the records of an answer before they are decided on, and does not stand in them.
//!
//! What could not be found out is a failure of whoever was asked for it. What hangs on it is not shown, the whole record or some fields of
//! it, and nobody is told that there is none.

use super::Run;
use super::keys::Held;
use super::level::Level;
use super::trail::{Spoken, starts};
use crate::graph::{SourceId, TypeId};
use crate::plan::{Behind, FetchId, SubjectBy};
use crate::policy::{Known, Loss, Lost, Value};
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
            let facts = behind.facts.iter().map(|(_, trail)| self.follow(trail, &answer.raw, &starts));
            let (whose, facts) = join(self.whose(behind, answer, &starts, holders), join_all(facts)).await;
            (behind, starts, whose, facts)
        });
        for (behind, starts, (whose, unknown), facts) in join_all(found).await {
            subjects.extend(whose);
            missing.extend(unknown);
            for ((facts, _), found) in behind.facts.iter().zip(facts) {
                for (at, found) in starts.iter().zip(found) {
                    self.say((behind.on, *at), facts, found, known, &mut missing);
                }
            }
        }
        known.belong(subjects);
        missing
    }

    fn say(
        &self,
        (on, at): (TypeId, u32),
        facts: &[(u8, Arc<str>)],
        found: Result<Spoken, Missing>,
        known: &mut Known,
        missing: &mut HashMap<u32, Missing>,
    ) {
        match found {
            Ok(said) => {
                for ((position, _), values) in facts.iter().zip(said) {
                    if let Some(values) = values {
                        known.say(at, *position, values);
                    }
                }
            }
            // Where the record itself hangs on it, nothing of it is shown; else all that does not.
            Err(reason) if facts.iter().any(|(position, _)| self.permitted.decisions().hides_by(on, *position)) => {
                missing.insert(at, reason);
            }
            Err(reason) => facts.iter().for_each(|(position, _)| known.lose(at, *position, reason.lost())),
        }
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
                for (held, holder) in holders {
                    above(answer, starts, held, holder, &mut subjects);
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

fn id(value: Value) -> Option<Arc<str>> {
    match value {
        Value::Text(id) => Some(id),
        Value::Truth(_) | Value::Number(_) => None,
    }
}
