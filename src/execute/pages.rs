//! Pages: which records of a connection are given, and the cursors that lead on from them.
//!
//! A cursor holds the values by which its record is ordered, sealed for the field that it is of: they may be values that its reader may
//! not see. Binding it to the caller as well is the place's business, in `place`.

use super::level::Level;
use super::{Results, Run};
use crate::graph::{AFTER, FIRST, FieldId, Graph};
use crate::operation::SelectionId;
use crate::plan::{Node, NodeId, Page};
use crate::policy::Disclosed;
use crate::record::Cell;
use crate::source::Cut;
use serde_json::Value;
use std::cmp::Ordering;

/// What is known of a page besides its records.
#[derive(Debug, Clone, Copy)]
pub struct Paged {
    /// The cursor given was none of this connection.
    pub refused: bool,
    pub has_next: bool,
    pub has_previous: bool,
}

impl Run<'_> {
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
        let content = self.world.seal.open(&place(self.world.graph, field?), cursor)?;
        let after: Vec<Value> = serde_json::from_slice(&content).ok()?;
        let parts = page.order.first().map_or(0, Vec::len);
        (after.len() == parts).then_some(Cut { first, after: Some(after) })
    }

    /// The records of a page, of all that came in at its node. `fetched` counts those that the caller may not know of too: where a source
    /// gave one more than the page has, there is more to come, whoever may see it.
    pub(super) fn page(&self, id: NodeId, mut level: Level, fetched: usize) -> Level {
        let node = self.plan.node(id);
        let Some(page) = &node.page else { return level };
        let Some(cut) = self.cut(page, node.field, node.selection) else {
            let paged = Paged { refused: true, has_next: false, has_previous: false };
            return Level { page: Some(paged), ..Level::default() };
        };
        let has_next = if page.pushed {
            fetched > cut.first
        } else {
            sort(&mut level, page, cut.after.as_deref());
            level.items.len() > cut.first
        };
        level.items.truncate(cut.first);
        level.starts = vec![0, u32::try_from(level.items.len()).unwrap_or(u32::MAX)];
        level.page = Some(Paged { refused: false, has_next, has_previous: cut.after.is_some() });
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

/// For what a cursor is sealed.
fn place(graph: &Graph, field: FieldId) -> String {
    graph.coordinate(field)
}

impl Results {
    /// The cursor of a record of a connection; `None` where the record has no place in its order.
    #[must_use]
    pub fn cursor(&self, graph: &Graph, node: &Node, level: &Level, item: usize) -> Option<String> {
        let values = values(level, node.page.as_deref()?, item)?;
        self.seal.seal(&place(graph, node.field?), &serde_json::to_vec(&values).ok()?)
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
}
