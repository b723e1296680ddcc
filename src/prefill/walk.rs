//! Walk: from a form's way through an answer to the values at its end, each with the record that it stands in.

use crate::form::Pick;
use crate::form::expand::{Way, WayStep};
use serde_json::Value;
use std::cmp::Ordering;

/// A step of the path to a place in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Where in an answer something stands, and the nearest record around it.
#[derive(Debug, Clone)]
pub(super) struct Spot<'a> {
    pub value: &'a Value,
    pub path: Vec<Step>,
    /// That record's provenance, and the name of its field through which one came here.
    pub record: Option<(&'a Value, &'a str)>,
}

/// What a way leads to.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// None of them null.
    pub spots: Vec<Spot<'a>>,
    /// Something on the way could not be asked for, so there may be more.
    pub lacking: bool,
}

/// Of several elements, by the order of a leaf beside the value, which count.
#[derive(Clone, Copy)]
pub(super) struct Picking<'a> {
    pub pick: Pick,
    pub by: Option<&'a str>,
}

/// The places in an answer of which a source has failed.
#[derive(Debug, Default)]
pub(super) struct Failures(Vec<Vec<Step>>);

impl Failures {
    /// Of the errors of an answer those that say that something could not be had, rather than that it may not be.
    pub fn of(answer: &Value) -> Self {
        let errors = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
        let withheld = ["FORBIDDEN", "EXISTS_ELSEWHERE", "CONSENT_NEEDED"];
        let failed = errors.filter(|error| {
            let code = error.pointer("/extensions/code").and_then(Value::as_str);
            !code.is_some_and(|code| withheld.contains(&code))
        });
        Self(
            failed.filter_map(|error| Some(error.get("path")?.as_array()?.iter().filter_map(step).collect())).collect(),
        )
    }

    /// Whether something at a place, or below it, is null for that.
    fn below(&self, path: &[Step]) -> bool {
        self.0.iter().any(|failed| failed.starts_with(path))
    }

    /// Whether elements are missing from the list at a place.
    fn of_list(&self, path: &[Step]) -> bool {
        self.0.iter().any(|failed| failed.starts_with(path) && failed.len() <= path.len() + 1)
    }
}

fn step(value: &Value) -> Option<Step> {
    match value {
        Value::String(key) => Some(Step::Key(key.clone())),
        Value::Number(at) => at.as_u64().and_then(|at| usize::try_from(at).ok()).map(Step::Index),
        _ => None,
    }
}

/// Everything at the end of a way. The last list on it is picked from.
pub(super) fn walk<'a>(from: &Spot<'a>, way: &'a Way, failures: &Failures, picking: Picking<'_>) -> Found<'a> {
    let mut found = Found::default();
    let last_list = way.iter().rposition(|step| step.step.list);
    let walker = Walker { failures, picking, last_list };
    walker.go(from.clone(), (way, 0), &mut found);
    found
}

struct Walker<'w> {
    failures: &'w Failures,
    picking: Picking<'w>,
    last_list: Option<usize>,
}

impl Walker<'_> {
    fn go<'a>(&self, at: Spot<'a>, (way, n): (&'a [WayStep], usize), found: &mut Found<'a>) {
        let Some(step) = way.get(n) else {
            if !at.value.is_null() {
                found.spots.push(at);
            }
            return;
        };
        let own = at.value.get("provenance").filter(|own| own.is_array());
        let record = own.map(|own| (own, &*step.step.name)).or(at.record);
        let mut path = at.path;
        path.push(Step::Key(step.key.to_string()));
        match at.value.get(&*step.key) {
            None => {}
            Some(Value::Null) => found.lacking |= self.failures.below(&path),
            Some(Value::Array(elements)) if step.step.list => {
                found.lacking |= self.failures.of_list(&path);
                for (index, value) in self.counted(elements, step, n) {
                    let mut path = path.clone();
                    path.push(Step::Index(index));
                    self.go(Spot { value, path, record }, (way, n + 1), found);
                }
            }
            Some(value) => self.go(Spot { value, path, record }, (way, n + 1), found),
        }
    }

    /// The elements of a list that count, in their order.
    fn counted<'a>(&self, elements: &'a [Value], step: &WayStep, n: usize) -> Vec<(usize, &'a Value)> {
        let has = |value: &Value| {
            step.step.filter.as_ref().is_none_or(|filter| {
                value.get(&*filter.leaf).and_then(text).is_some_and(|found| *found == *filter.value)
            })
        };
        let mut all: Vec<(usize, &Value)> = elements.iter().enumerate().filter(|(_, value)| has(value)).collect();
        if self.last_list != Some(n) {
            return all;
        }
        if let Some(by) = self.picking.by {
            // What has no place in the order is never picked before what has one.
            let absent_last = self.picking.pick != Pick::Last;
            all.sort_by(|(_, a), (_, b)| match (a.get(by).and_then(text), b.get(by).and_then(text)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (None, None) => Ordering::Equal,
                (None, Some(_)) if absent_last => Ordering::Greater,
                (Some(_), None) if !absent_last => Ordering::Greater,
                _ => Ordering::Less,
            });
        }
        let only = match self.picking.pick {
            Pick::All => return all,
            Pick::First => all.first().copied(),
            Pick::Last => all.last().copied(),
        };
        only.into_iter().collect()
    }
}

/// A leaf as text; `None` for null and for what is no leaf.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
