//! Fill: from the answer to a form's query to the filled form.

use super::Filling;
use super::filled::{FilledBlock, FilledField, FilledForm, Origin, Other, State, Summary};
use super::walk::{Failures, Found, Picking, Spot, text, walk};
use crate::form::expand::{BlockWays, FieldWays, Way};
use crate::form::{Agree, Block, Field, FieldKind, Form, From, Pick};
use crate::graph::Graph;
use crate::policy::{Decision, Outcome, Permitted};
use serde_json::Value;
use std::sync::Arc;

/// Between values of one field.
const BETWEEN: &str = "; ";
/// How values were had that whoever fills the form looks at before they count.
const DOUBTED: [&str; 2] = ["STALE", "FALLBACK"];

struct Filler<'a> {
    graph: &'a Graph,
    permitted: &'a Permitted,
    form: &'a Form,
    failures: Failures,
}

/// A field without a value, and why.
type Reason = State;

pub(super) fn fill(filling: &Filling<'_>, graph: &Graph, permitted: &Permitted, answer: &Value, at: i64) -> FilledForm {
    let form = filling.form;
    let filler = Filler { graph, permitted, form, failures: Failures::of(answer) };
    let root = Spot { value: answer.get("data").unwrap_or(&Value::Null), path: Vec::new(), record: None };
    let both = form.blocks.iter().zip(&filling.expansion.blocks);
    let blocks: Vec<FilledBlock> = both.map(|(block, ways)| filler.block(&root, block, ways)).collect();
    FilledForm {
        id: Arc::clone(&form.id),
        title: Arc::clone(&form.title),
        owner: Arc::clone(&form.owner),
        version: Arc::clone(&form.version),
        note: form.note.clone(),
        target: form.targets.get(filling.target).map(|target| Arc::clone(&target.name)).unwrap_or_default(),
        filled_at: jiff::Timestamp::from_second(at).unwrap_or_default().to_string(),
        summary: Summary::of(blocks.iter().flat_map(|block| &block.fields)),
        blocks,
    }
}

impl<'a> Filler<'a> {
    fn block(&self, root: &Spot<'a>, block: &'a Block, ways: &'a BlockWays) -> FilledBlock {
        let mut fields = Vec::new();
        let mut rows = 0;
        if block.in_rows {
            let all = Picking { pick: Pick::All, by: None };
            let found = ways.rows.as_ref().map(|way| walk(root, way, &self.failures, all)).unwrap_or_default();
            rows = found.spots.len();
            for (n, spot) in found.spots.iter().enumerate() {
                for (field, ways) in block.fields.iter().zip(&ways.fields) {
                    let filled = self.field(root, spot, field, ways.as_ref());
                    // A list that is not whole is looked at.
                    let doubted = found.lacking && filled.state == State::Prefilled;
                    let state = if doubted { State::Confirm } else { filled.state };
                    fields.push(FilledField { row: Some(n + 1), state, ..filled });
                }
            }
            if rows == 0 {
                let without = self.without(ways.rows.as_ref(), found.lacking);
                let pairs = block.fields.iter().zip(&ways.fields);
                fields.extend(pairs.map(|(field, ways)| {
                    let asked = matches!(field.from, From::Graph(_)) && ways.is_some();
                    blank(field, if asked { without } else { State::Type })
                }));
            }
        } else {
            let pairs = block.fields.iter().zip(&ways.fields);
            fields.extend(pairs.map(|(field, ways)| self.field(root, root, field, ways.as_ref())));
        }
        let (title, note, in_rows) = (Arc::clone(&block.title), block.note.clone(), block.in_rows);
        FilledBlock { title, note, in_rows, rows, fields }
    }

    /// Why there is no value at the end of a way. Only what nobody of the caller's kind is given of anybody is said to be not permitted: anything
    /// else would tell of the record.
    fn without(&self, way: Option<&Way>, lacking: bool) -> Reason {
        let denied = |way: &Way| {
            way.iter().any(|step| {
                let field = self.graph.field(step.step.field);
                let decisions = self.permitted.decisions();
                let both = [decisions.on(step.step.field), decisions.on_records(field.ty.named)];
                both.iter().any(|decision| matches!(decision, Decision::Settled(Outcome::Deny, _)))
            })
        };
        if way.is_some_and(denied) {
            State::NotPermitted
        } else if lacking {
            State::Unavailable
        } else {
            State::Type
        }
    }

    fn field(&self, root: &Spot<'a>, row: &Spot<'a>, field: &'a Field, ways: Option<&'a FieldWays>) -> FilledField {
        let Some(ways) = ways else { return blank(field, State::Type) };
        let from = |way: &Way| {
            let is_root = way.first().is_some_and(|step| self.graph.field(step.step.field).parent == self.graph.query);
            if is_root { root } else { row }
        };
        let picking = Picking { pick: field.pick, by: field.by.as_deref() };
        let found = walk(from(&ways.value), &ways.value, &self.failures, picking);
        let values = self.values(&found);
        if values.is_empty() {
            return blank(field, self.without(Some(&ways.value), found.lacking));
        }
        let provenance = self.origins(&found);
        let (codes, all_coded) = codes(field, &values);
        let all = Picking { pick: Pick::All, by: None };
        let others: Vec<Other> = ways
            .against
            .iter()
            .filter_map(|way| {
                let found = walk(from(way), way, &self.failures, all);
                let said = self.values(&found);
                let differs = !said.is_empty() && !agree(field.agree, &values, &said);
                differs.then(|| Other { value: said.join(BETWEEN), provenance: self.origins(&found) })
            })
            .collect();
        let doubted = provenance.iter().any(|origin| DOUBTED.contains(&&*origin.mode));
        let state = if !others.is_empty() {
            State::Conflict
        } else if field.confirm || doubted || found.lacking || !all_coded {
            State::Confirm
        } else {
            State::Prefilled
        };
        let shown: Vec<String> = values.iter().map(|value| shown(self.form, field.kind, value)).collect();
        FilledField { value: Some(shown.join(BETWEEN)), code: codes, others, provenance, ..blank(field, state) }
    }

    /// What is known, each once and in its order.
    fn values(&self, found: &Found<'_>) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let leaves = found.spots.iter().flat_map(|spot| match spot.value {
            Value::Array(leaves) => leaves.iter().filter_map(text).collect::<Vec<_>>(),
            leaf => text(leaf).into_iter().collect(),
        });
        for value in leaves.filter(|value| !value.trim().is_empty()) {
            if !self.form.unknown.iter().any(|unknown| **unknown == *value) && !all.contains(&value) {
                all.push(value);
            }
        }
        all
    }

    fn origins(&self, found: &Found<'_>) -> Vec<Origin> {
        let mut all: Vec<Origin> = Vec::new();
        for (provenance, name) in found.spots.iter().filter_map(|spot| spot.record) {
            let entries = provenance.as_array().map(Vec::as_slice).unwrap_or_default();
            let speaks = |entry: &&Value| {
                let fields = entry.get("fields").and_then(Value::as_array);
                fields.is_some_and(|fields| fields.iter().any(|field| field == name))
            };
            let entry = entries.iter().find(speaks).or_else(|| entries.first());
            if let Some(origin) = entry.and_then(|entry| self.origin(entry))
                && !all.contains(&origin)
            {
                all.push(origin);
            }
        }
        all
    }

    fn origin(&self, entry: &Value) -> Option<Origin> {
        let member = |name: &str| entry.get(name).and_then(Value::as_str);
        let source = member("source")?;
        let known = self.graph.sources.iter().find(|known| *known.name == *source);
        Some(Origin {
            source: source.into(),
            title: known.map_or_else(|| source.into(), |known| Arc::clone(&known.title)),
            owner: member("agency").map(Arc::from),
            as_of: member("asOf").map(str::to_owned),
            mode: member("mode").unwrap_or_default().into(),
        })
    }
}

/// A field with nothing in it.
fn blank(field: &Field, state: State) -> FilledField {
    FilledField {
        id: Arc::clone(&field.id),
        label: Arc::clone(&field.label),
        row: None,
        kind: field.kind.name().into(),
        required: field.required,
        typed_by: match &field.from {
            From::Typed(by) => Some(Arc::clone(by)),
            From::Graph(_) => None,
        },
        value: None,
        code: None,
        state,
        others: Vec::new(),
        provenance: Vec::new(),
    }
}

/// The form's own codes for values, and whether there is one for each.
fn codes(field: &Field, values: &[String]) -> (Option<String>, bool) {
    if field.codes.is_empty() {
        return (None, true);
    }
    let code = |value: &String| field.codes.iter().find(|(known, _)| **known == **value).map(|(_, code)| &**code);
    let found: Vec<&str> = values.iter().filter_map(code).collect();
    ((!found.is_empty()).then(|| found.join(BETWEEN)), found.len() == values.len())
}

/// As people write it in this kind of field.
fn shown(form: &Form, kind: FieldKind, value: &str) -> String {
    match (kind, value) {
        (FieldKind::YesNo, "true") => "yes".to_owned(),
        (FieldKind::YesNo, "false") => "no".to_owned(),
        // The same instant, as the clock on the wall has it.
        (FieldKind::DateTime, _) => local(form, value).unwrap_or_else(|| value.to_owned()),
        _ => value.to_owned(),
    }
}

fn local(form: &Form, value: &str) -> Option<String> {
    let at: jiff::Timestamp = value.parse().ok()?;
    let zoned = at.in_tz(form.zone.as_deref()?).ok()?;
    Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// Whether two sources say the same.
fn agree(agree: Agree, values: &[String], said: &[String]) -> bool {
    let plain = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    match agree {
        Agree::Same => {
            let (mut a, mut b): (Vec<_>, Vec<_>) =
                (values.iter().map(plain).collect(), said.iter().map(plain).collect());
            a.sort();
            b.sort();
            a == b
        }
        // Where the other names no year it does not differ.
        Agree::Year => {
            let years: Vec<&str> = said.iter().flat_map(|text| years(text)).collect();
            years.is_empty() || values.iter().filter_map(|value| value.get(..4)).all(|year| years.contains(&year))
        }
    }
}

/// Every number of four digits.
fn years(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4)
}
