//! Pages: which records of a connection are given, and the cursors that lead on from them.
//!
//! A page that a store cuts, and a list with a limit, of a store or of the ledger, is made of records that may be shown: where some of those that came may not, the
//! store is asked once more for as many as it takes. So nothing of them is left, not even their number.
//!
//! A cursor holds the values by which its record is ordered, sealed for whom it was made and for the list that it is of: they may be
//! values that its reader may not see, and in another list it would tell how they compare with those of others.

use super::ask::{Asker, Calling, Came};
use super::level::{Level, fulfils};
use super::{Results, Run};
use crate::graph::{AFTER, Access, Entry, FIRST, FieldId, TypeId};
use crate::operation::SelectionId;
use crate::plan::{Node, NodeId, Page};
use crate::policy::{Disclosed, LaneId};
use crate::record::{Cell, Raw};
use crate::source::{Answer, Cut, Fetch, Reason, Way};
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// How many times as many rows are asked for, where some of those that came may not be shown.
const MORE: usize = 4;

/// What is known of a page besides its records.
#[derive(Debug, Clone)]
pub struct Paged {
    /// The cursor given was none of this connection.
    pub refused: bool,
    pub has_next: bool,
    pub has_previous: bool,
    /// For what its cursors are sealed.
    place: Arc<str>,
}

/// Records of a store that are looked for until there are enough of them.
pub struct Sought<'p> {
    cut: Cut,
    /// Of those that may be shown, so many are wanted; of a page one more than it has, which proves that there is a next one.
    wanted: usize,
    /// What they must fulfil besides.
    looks: &'p [(TypeId, LaneId)],
}

impl<'p> Run<'p> {
    /// What an asker looks for, where its source gives no more than that.
    pub(super) fn sought(&self, asked: &Asker<'p>, fetch: &Fetch) -> Option<Sought<'_>> {
        let looks = self.looks(asked.selection);
        if let Some(page) = asked.page {
            let cut = self.cut(page, asked.field, asked.selection).filter(|_| page.pushed)?;
            return Some(Sought { wanted: cut.first.saturating_add(1), cut, looks });
        }
        let Way::Binding(binding, Entry::Find(at)) = fetch.way else { return None };
        let binding = self.world.graph.binding(binding);
        let arguments = self.arguments(asked.selection)?;
        let most = match &binding.find.get(usize::from(at))?.access {
            Access::Sql(lookup) => {
                let mut types = self.world.graph.possible(binding.on).into_iter();
                lookup.most(arguments).filter(|_| types.any(|on| self.judges(on)))?
            }
            Access::Graphql(field) => field.most(arguments)?,
            Access::Rest(_) | Access::Entities(_) | Access::File(_) => return None,
        };
        // As of a page, the store gives one more: else nobody would know whether there are others.
        Some(Sought { cut: Cut { first: most, after: None }, wanted: most, looks })
    }

    fn judges(&self, on: TypeId) -> bool {
        self.permitted.decisions().judged(on).is_some()
    }

    /// Asks until enough of what came may be shown, until there is no more, or until the bound on rows.
    pub(super) async fn filled(&self, call: &Calling<'_>, sought: &Sought<'_>) -> Came {
        let rows_max = self.world.limits.page_rows_max.max(sought.cut.first.saturating_mul(MORE));
        let mut cut = sought.cut.clone();
        loop {
            let mut came = self.admitted(call, Some(&cut)).await;
            let Came { answer, records, unknown } = &mut came;
            let shows = |at: &u32| records.lists(*at) && fulfils(Some(records), *at, sought.looks);
            let rows = answer.groups.at.len();
            let mut ends = (1..).zip(&answer.groups.at).filter(|(_, at)| shows(at)).map(|(end, _)| end);
            let end = if sought.wanted == 0 { Some(0) } else { ends.nth(sought.wanted - 1) };
            if let Some(end) = end {
                answer.groups.keep(end);
                return came;
            }
            if rows <= cut.first || !unknown.is_empty() {
                return came;
            }
            if cut.first >= rows_max {
                let fetch = self.plan.fetch(call.fetch);
                let nothing = Raw::empty(Arc::clone(&fetch.layout), fetch.source);
                *answer = Answer::failed(nothing, call.keys.len().max(1), &Reason::Limit("page_rows_max"));
                return came;
            }
            cut.first = (cut.first + 1).saturating_mul(MORE).min(rows_max);
        }
    }

    /// Which page is asked for; `None` where the cursor is none of this field.
    pub(super) fn cut(&self, page: &Page, field: Option<FieldId>, selection: Option<SelectionId>) -> Option<Cut> {
        let arguments = self.arguments(selection)?;
        let most = page.first_max as usize;
        let first = arguments
            .get(FIRST)
            .and_then(Value::as_u64)
            .map_or(most, |first| usize::try_from(first).unwrap_or(most).min(most));
        let Some(cursor) = arguments.get(AFTER).and_then(Value::as_str) else {
            return Some(Cut { first, after: None });
        };
        let content = self.world.seal.open(&self.place(field?, arguments), cursor)?;
        let after: Vec<Value> = serde_json::from_slice(&content).ok()?;
        let parts = page.order.first().map_or(0, Vec::len);
        (after.len() == parts).then_some(Cut { first, after: Some(after) })
    }

    /// For what the cursors of a list are sealed: for the caller, the field, and what is looked for by.
    fn place(&self, field: FieldId, arguments: &Map<String, Value>) -> Arc<str> {
        let caller = self.permitted.caller();
        let given = arguments.iter().filter(|(name, _)| *name != FIRST && *name != AFTER);
        place(self.world.graph.coordinate(field), [caller.provider(), caller.name()], given)
    }

    /// The records of a page, of all that came in at its node.
    pub(super) fn page(&self, id: NodeId, mut level: Level) -> Level {
        let node = self.plan.node(id);
        let Some(page) = &node.page else { return level };
        let place = node.field.zip(self.arguments(node.selection));
        let place = place.map(|(field, arguments)| self.place(field, arguments)).unwrap_or_default();
        let Some(cut) = self.cut(page, node.field, node.selection) else {
            let paged = Paged { refused: true, has_next: false, has_previous: false, place };
            return Level { page: Some(paged), ..Level::default() };
        };
        if !page.pushed {
            sort(&mut level, page, cut.after.as_deref());
        }
        let has_next = level.items.len() > cut.first;
        level.items.truncate(cut.first);
        level.starts = vec![0, u32::try_from(level.items.len()).unwrap_or(u32::MAX)];
        level.page = Some(Paged { refused: false, has_next, has_previous: cut.after.is_some(), place });
        level
    }
}

/// Puts records in the order of their keys, and keeps those after a key.
fn sort(level: &mut Level, page: &Page, after: Option<&[Value]>) {
    let mut keyed: Vec<(Vec<Value>, super::Item)> = (0..level.items.len())
        .filter_map(|number| Some((values(level, page, number)?, *level.items.get(number)?)))
        .filter(|(key, _)| after.is_none_or(|after| compare(key, after) == Ordering::Greater))
        .collect();
    keyed.sort_by(|(one, _), (other, _)| compare(one, other));
    level.items = keyed.into_iter().map(|(_, item)| item).collect();
}

/// By which values a record is ordered.
fn values(level: &Level, page: &Page, item: usize) -> Option<Vec<Value>> {
    let slot = level.items.get(item)?.slot as usize;
    let (record, at) = level.record(item, slot)?;
    page.order.get(slot)?.iter().map(|column| value(record, record.cell(at + column))).collect()
}

fn value(record: &Disclosed, cell: Cell) -> Option<Value> {
    match cell {
        Cell::Null => Some(Value::Null),
        Cell::Bool(flag) => Some(Value::from(flag)),
        Cell::Int(int) => Some(Value::from(int)),
        Cell::Float(float) => Some(Value::from(float)),
        Cell::Text(text) => Some(Value::from(record.text(text))),
        Cell::List(_) | Cell::Object(_) | Cell::Type(_) | Cell::Invalid => None,
    }
}

/// Part by part: nulls first, numbers by what they are, text by its bytes.
fn compare(one: &[Value], other: &[Value]) -> Ordering {
    let parts = one.iter().zip(other).map(|(one, other)| match (one, other) {
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
        },
        (one, other) => rank(one).cmp(&rank(other)),
    });
    parts.fold(Ordering::Equal, Ordering::then)
}

const fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(false) => 1,
        Value::Bool(true) => 2,
        Value::Number(_) => 3,
        _ => 4,
    }
}

/// Text that is the same for the same list of the same reader, and for nothing else.
fn place<'v>(field: String, who: [&str; 2], given: impl Iterator<Item = (&'v String, &'v Value)>) -> Arc<str> {
    let mut given: Vec<(&String, Value)> = given.map(|(name, value)| (name, sorted(value))).collect();
    given.sort_by_key(|(name, _)| *name);
    let given: Map<String, Value> = given.into_iter().map(|(name, value)| (name.clone(), value)).collect();
    Value::from(vec![Value::from(field), Value::from(who.to_vec()), Value::Object(given)]).to_string().into()
}

/// The same with the members of objects in the order of their names. Recursion is bounded by the depth of a document.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(sorted).collect(),
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> =
                object.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        plain => plain.clone(),
    }
}

impl Results {
    /// The cursor of a record of a connection; `None` where the record has no place in its order.
    #[must_use]
    pub fn cursor(&self, node: &Node, level: &Level, item: usize) -> Option<String> {
        let values = values(level, node.page.as_deref()?, item)?;
        self.seal.seal(&level.page.as_ref()?.place, &serde_json::to_vec(&values).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_for_every_pair() {
        let sorted = [
            json!([null, "z"]),
            json!([false, 1]),
            json!([1, "a"]),
            json!([1.5, "a"]),
            json!([2, null]),
            json!([2, "Z"]),
            json!([2, "a"]),
            json!(["2", 1]),
        ];
        let keys: Vec<Vec<Value>> = sorted.iter().map(|key| key.as_array().unwrap().clone()).collect();
        for (n, one) in keys.iter().enumerate() {
            for (m, other) in keys.iter().enumerate() {
                assert_eq!(compare(one, other), n.cmp(&m), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_cursor_is_for_one_reader_and_one_list() {
        let of = |field: &str, who: [&str; 2], given: Value| {
            place(field.to_owned(), who, given.as_object().unwrap().iter()).to_string()
        };
        let (who, given) = (["idp", "ann"], json!({ "where": { "a": 1, "b": { "c": [1, 2], "d": null } }, "x": 1 }));
        let own = of("Query.people", who, given.clone());
        let turned = json!({ "x": 1, "where": { "b": { "d": null, "c": [1, 2] }, "a": 1 } });
        assert_eq!(of("Query.people", who, turned), own);
        for other in [
            of("Query.persons", who, given.clone()),
            of("Query.people", ["idp", "bo"], given.clone()),
            of("Query.people", ["other", "ann"], given),
            of("Query.people", who, json!({ "where": { "a": 1, "b": { "c": [2, 1], "d": null } }, "x": 1 })),
            of("Query.people", who, json!({ "x": 1 })),
        ] {
            assert_ne!(other, own);
        }
    }
}
