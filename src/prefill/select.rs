//! Select: of a filled form what the request selects, as the answer to it.

use super::Filling;
use super::filled::FilledForm;
use crate::graph::Graph;
use crate::operation::{Selected, SetId, Tree};
use serde_json::{Map, Value, json};

/// The answer's bytes, and how many errors stand in it: those about no field, as of an answer that was too long.
pub(super) fn write(filling: &Filling<'_>, graph: &Graph, filled: &FilledForm, answer: &Value) -> (Vec<u8>, usize) {
    let tree = &*filling.tree;
    let filled = serde_json::to_value(filled).unwrap_or_default();
    let mut data = Map::new();
    for id in tree.selections_on(tree.root, graph.query) {
        let selection = tree.selection(*id);
        let value = match selection.set.filter(|_| *id == filling.selection) {
            Some(set) => selected(graph, tree, set, &filled),
            None => json!("Query"),
        };
        data.insert(selection.key.to_string(), value);
    }
    let mut whole = Map::new();
    whole.insert("data".to_owned(), Value::Object(data));
    let errors: Vec<&Value> = answer
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|error| error.get("path").is_none())
        .collect();
    if !errors.is_empty() {
        whole.insert("errors".to_owned(), json!(errors));
    }
    if let Some(extensions) = answer.get("extensions") {
        whole.insert("extensions".to_owned(), extensions.clone());
    }
    (serde_json::to_vec(&whole).unwrap_or_default(), errors.len())
}

fn selected(graph: &Graph, tree: &Tree, set: SetId, value: &Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.iter().map(|one| selected(graph, tree, set, one)).collect()),
        Value::Object(object) => {
            let on = tree.set(set).on;
            let mut out = Map::new();
            for id in tree.selections_on(set, on) {
                let selection = tree.selection(*id);
                let written = match selection.what {
                    Selected::Field(field) => {
                        let found = object.get(&*graph.field(field).name).unwrap_or(&Value::Null);
                        selection.set.map_or_else(|| found.clone(), |set| selected(graph, tree, set, found))
                    }
                    Selected::Typename => Value::String(graph.type_of(on).name.to_string()),
                    Selected::Introspection => Value::Null,
                };
                out.insert(selection.key.to_string(), written);
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}
