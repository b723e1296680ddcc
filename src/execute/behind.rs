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
use crate::plan::{Behind, KeyAt, Named, SubjectBy, Trail};
use crate::policy::{Known, Loss, Lost, Subjects, Value};
use crate::record::{Cell, Keys};
use crate::source::{Answer, Reason};
use futures::future::{join, join_all};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::iter;

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
            Reason::Unavailable(_) | Reason::Declined(_) => Loss::Unavailable,
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
fn say(at: u32, facts: &[Named], found: Result<Spoken, Missing>, known: &mut Known) {
    match found {
        Ok(said) => {
            let mut ends = said.into_iter();
            for fact in facts {
                let first = ends.next().flatten();
                let values = if fact.joined { joined(first, ends.next().flatten()) } else { first };
                if let Some(values) = values {
                    known.say(at, fact.position, values);
                }
            }
        }
        Err(reason) => facts.iter().for_each(|fact| known.lose(at, fact.position, reason.lost())),
    }
}

/// Two values of each of some records, the second behind the first. Each end of a trail has its records in the same order, and each says one.
fn joined(first: Option<Vec<Value>>, second: Option<Vec<Value>>) -> Option<Vec<Value>> {
    let (first, second) = first.zip(second).filter(|(first, second)| first.len() == second.len())?;
    let both = first.into_iter().zip(second).map(|pair| match pair {
        (Value::Text(first), Value::Text(second)) => Some(Value::Text(format!("{first}/{second}").into())),
        _ => None,
    });
    both.collect()
}

/// What an asker holds of the keys of an answer, and where they stand.
pub type Holder<'h> = (Held, &'h Level);

/// The keys of records of which it could not be found out what has to be known.
pub type Unknown = HashMap<u32, Missing>;

/// What is found out about the records of one answer.
#[derive(Default)]
struct Found {
    known: Known,
    subjects: Subjects,
    /// Records of which it could not be found out whose they are.
    missing: Vec<(u32, Missing)>,
}

impl Found {
    fn add(&mut self, (subjects, missing): (Subjects, Vec<(u32, Missing)>)) {
        self.subjects.join(subjects);
        self.missing.extend(missing);
    }
}

impl Run<'_> {
    /// What has to be known of the records of an answer before they are decided on, and the keys of those of which it is not known. First what
    /// is known at home: whose they are, as far as they or the crosswalk say, and what closes them. What hides them by that is as if it had
    /// never been: no other source is asked about it, so that neither time nor an outage tells it from what is not there. Nor is one asked for
    /// facts that could change nothing.
    ///
    /// # Errors
    /// Where the registry of closures could not be asked: nothing may be shown.
    pub(super) async fn known(&self, call: &Calling<'_>, answer: &Answer) -> Result<(Known, Unknown), Reason> {
        let all = self.plan.behind.get(&call.fetch).map_or(&[][..], Vec::as_slice);
        let mut found = Found::default();
        for whose in join_all(all.iter().map(|behind| self.at_home(behind, call, answer))).await {
            found.add(whose);
        }
        let abroad: Vec<&Behind> = all.iter().filter(|it| over(it) || !it.facts.is_empty()).collect();
        let home = if abroad.is_empty() { std::mem::take(&mut found.subjects) } else { found.subjects.clone() };
        found.known.belong(home);
        let none = if answer.groups.at.is_empty() { self.as_if(all, call, answer).await } else { Unknown::new() };
        self.closed(call.on, answer, &mut found.known).await?;
        if !abroad.is_empty() && !answer.groups.at.is_empty() {
            self.abroad(&abroad, call, answer, &mut found).await?;
        }
        // Where it is only put on record, it is on record that it is not known.
        let missing = if self.plan.whose_decides { found.missing } else { Vec::new() };
        let missing: HashMap<u32, Missing> = missing.into_iter().collect();
        let mut unknown = if self.plan.whose_decides { none } else { Unknown::new() };
        for key in (0_u32..).take(answer.groups.starts.len()).filter(|_| !missing.is_empty()) {
            let first = answer.groups.of(key).iter().find_map(|at| missing.get(at));
            unknown.extend(first.map(|missing| (key, missing.clone())));
        }
        Ok((found.known, unknown))
    }

    /// Whose records are, as far as no other agency has to be asked for it.
    async fn at_home(&self, behind: &Behind, call: &Calling<'_>, answer: &Answer) -> (Subjects, Vec<(u32, Missing)>) {
        match (at_once(behind, answer, call.holders), &behind.subject) {
            (Some(subjects), _) => (subjects, Vec::new()),
            (None, SubjectBy::Trail(trail @ Trail::Key(_))) => {
                self.whose(trail, answer, &starts(answer, behind.on)).await
            }
            (None, _) => (Subjects::default(), Vec::new()),
        }
    }

    /// What other sources have to be asked for about records that are not hidden anyway.
    async fn abroad(
        &self,
        all: &[&Behind],
        call: &Calling<'_>,
        answer: &Answer,
        found: &mut Found,
    ) -> Result<(), Reason> {
        // Whose loss it would be is never told: what hangs on it is asked for.
        let lost = Lost { source: answer.raw.source, how: Loss::Unavailable };
        let mut guess = found.known.clone();
        for behind in all {
            for at in starts(answer, behind.on) {
                if over(behind) {
                    guess.lose_subject(at, lost);
                }
                positions(behind).for_each(|position| guess.lose(at, position, lost));
            }
        }
        let guessed = self.admit(call, answer, guess);
        let asked = all.iter().map(|behind| async {
            let starts = starts(answer, behind.on);
            let (gone, there): (IndexSet<u32>, IndexSet<u32>) = starts.iter().partition(|at| guessed.is_gone(**at));
            let hang: IndexSet<u32> = there.iter().copied().filter(|at| !guessed.is_settled(*at)).collect();
            let facts = behind.facts.iter().map(|(_, trail)| self.follow(trail, &answer.raw, &hang));
            let whose = async {
                match &behind.subject {
                    SubjectBy::Trail(trail @ Trail::Over { .. }) => self.whose(trail, answer, &there).await,
                    _ => (Subjects::default(), Vec::new()),
                }
            };
            let (whose, facts) = join(whose, join_all(facts)).await;
            (*behind, (gone, starts, hang), whose, facts)
        });
        let mut late = IndexSet::new();
        for (behind, (gone, starts, hang), whose, facts) in join_all(asked).await {
            for at in starts.iter().filter(|at| !hang.contains(*at)) {
                positions(behind).for_each(|position| found.known.lose(*at, position, lost));
            }
            for ((facts, _), said) in behind.facts.iter().zip(facts) {
                for (at, said) in hang.iter().zip(said) {
                    say(*at, facts, said, &mut found.known);
                }
            }
            if over(behind) {
                gone.iter().for_each(|at| found.known.lose_subject(*at, lost));
                late.extend(whose.0.iter().map(|(at, _)| at));
                found.add(whose);
            }
        }
        found.known.belong(std::mem::take(&mut found.subjects));
        self.closed_by(call.on, answer, &late, &mut found.known).await
    }

    /// Where no record came the store's crosswalks are asked as if one had: else the time that it takes would tell what is hidden from what is
    /// not there. Another agency is not asked about what is not there.
    async fn as_if(&self, all: &[Behind], call: &Calling<'_>, answer: &Answer) -> Unknown {
        let crosses = all.iter().find_map(|behind| match &behind.subject {
            SubjectBy::Trail(Trail::Key(key)) => Some(&key.crosses),
            _ => None,
        });
        let mut unknown = Unknown::new();
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

    async fn whose(&self, trail: &Trail, answer: &Answer, starts: &IndexSet<u32>) -> (Subjects, Vec<(u32, Missing)>) {
        let (mut subjects, mut missing) = (Subjects::default(), Vec::new());
        for (at, found) in starts.iter().zip(self.follow(trail, &answer.raw, starts).await) {
            match found {
                Ok(values) => {
                    let ids = values.iter().flatten().flatten();
                    ids.filter_map(id).for_each(|id| subjects.push(*at, id));
                }
                Err(reason) => missing.push((*at, reason)),
            }
        }
        (subjects, missing)
    }
}

/// Whether only another record says whose records are.
const fn over(behind: &Behind) -> bool {
    matches!(behind.subject, SubjectBy::Trail(Trail::Over { .. }))
}

/// The positions of the facts that other records say.
fn positions(behind: &Behind) -> impl Iterator<Item = u8> {
    behind.facts.iter().flat_map(|(facts, _)| facts.iter().map(|fact| fact.position))
}

/// Whose records are, where a look at them and at those above says all that is to be found out: mostly it does.
fn at_once(behind: &Behind, answer: &Answer, holders: &[Holder<'_>]) -> Option<Subjects> {
    let mut subjects = Subjects::expected(answer.groups.at.len());
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
                    Cell::Text(text) => subjects.push(at, answer.raw.text(text)),
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
    let (is_meant, mut cursor) = (of_type(answer, on), 0);
    for item in 0..holder.items.len() {
        let mut whose = holder.subjects(item, &mut cursor);
        let Some(first) = whose.next() else { continue };
        // Mostly nobody else.
        let others: Vec<&str> = whose.next().map_or_else(Vec::new, |second| iter::once(second).chain(whose).collect());
        let records = held.of_item(item).iter().flat_map(|key| answer.groups.of(*key));
        for at in records.copied().filter(&is_meant) {
            subjects.push(at, first);
            for id in &others {
                subjects.push(at, id);
            }
        }
    }
}

fn id(value: &Value) -> Option<&str> {
    match value {
        Value::Text(id) => Some(id),
        Value::Truth(_) | Value::Number(_) => None,
    }
}
