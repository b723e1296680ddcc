//! Demands: what the graph asks of a client's arguments besides their types.

use super::{Arguments, Selected, Tree};
use crate::error::{Code, Error, Refusal};
use crate::graph::{FIRST, FieldId, Graph, Role, value_at};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Refuses arguments that ask for too much.
///
/// # Errors
/// `LIMIT`, an error for each selection.
pub(super) fn check(graph: &Graph, tree: &Tree, arguments: &Arguments) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    for (id, given) in &arguments.of {
        let selection = tree.selection(*id);
        if let (Selected::Field(field), Ok(given)) = (selection.what, given) {
            let error = first(graph, field, given).or_else(|| search(graph, field, given));
            errors.extend(error.map(|error| selection.locations.iter().fold(error, |error, at| error.at(*at))));
        }
    }
    Refusal::of(errors).map_or(Ok(()), Err)
}

/// A page has so many records and no more: fewer than asked for would pass for all that there are.
fn first(graph: &Graph, field: FieldId, given: &Map<String, Value>) -> Option<Error> {
    let Role::Link(link) = &graph.field(field).role else { return None };
    let most = link.pages.as_ref()?.first_max;
    let first = given.get(FIRST)?.as_i64()?;
    if (0..=i64::from(most)).contains(&first) {
        return None;
    }
    let message = format!("`first` of `{}` is {first}: a page has from 0 to {most} records", graph.coordinate(field));
    let hint = format!("ask for {most} or fewer, and go on with `after` and the page's `endCursor`");
    Some(Error::new(Code::Limit, message).hint(hint))
}

/// Nobody leafs through records: a search is given enough to find somebody by.
fn search(graph: &Graph, field: FieldId, given: &Map<String, Value>) -> Option<Error> {
    let search = graph.field(field).search.as_ref()?;
    let coordinate = graph.coordinate(field);
    let is_given = |path: &Arc<str>| value_at(given, path).is_some_and(says_something);
    if !search.needs.iter().any(|need| !need.is_empty() && need.iter().all(is_given)) {
        let needs: Vec<String> = search.needs.iter().map(|need| all_of(need)).collect();
        let message = format!("`{coordinate}` is given too little to search by");
        return Some(Error::new(Code::Limit, message).hint(format!("give {}", needs.join(", or "))));
    }
    let least = search.prefix_min as usize;
    let letters = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).count();
    let short = search
        .beginnings
        .iter()
        .find(|path| value_at(given, path).and_then(Value::as_str).is_some_and(|text| letters(text) < least))?;
    let message = format!("`{short}` of `{coordinate}` has fewer than {least} letters or digits");
    Some(Error::new(Code::Limit, message).hint(format!("give {least} or more of them")))
}

/// Whether one can search by it: empty text and an object of nothing find everybody.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(values) => values.iter().any(says_something),
        Value::Object(members) => members.values().any(says_something),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// `` `surname` and `given` ``
fn all_of(need: &[Arc<str>]) -> String {
    need.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" and ")
}
