//! Demands: what the graph asks of a client's arguments besides their types.

use super::{Arguments, Selected, Tree};
use crate::error::{Code, Error, Refusal};
use crate::graph::{FIRST, FieldId, Graph, Role};
use serde_json::{Map, Value};

/// Refuses arguments that ask for too much.
///
/// # Errors
/// `LIMIT`, an error for each selection.
pub(super) fn check(graph: &Graph, tree: &Tree, arguments: &Arguments) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    for (id, given) in &arguments.of {
        let selection = tree.selection(*id);
        if let (Selected::Field(field), Ok(given)) = (selection.what, given) {
            let error = first(graph, field, given);
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
