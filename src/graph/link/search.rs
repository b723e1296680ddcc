//! Search: `@search` held against the arguments of its field, and which of these are beginnings.

use super::did_you_mean;
use crate::graph::problem::{Problem, Problems};
use crate::graph::{Compare, FieldId, Graph, Link, Role};
use std::sync::Arc;

/// What a field of an input type is called that the value begins with.
const BEGINNING: &str = "startsWith";

pub(super) fn link(graph: &mut Graph, problems: &mut Problems) {
    for id in (0u32..).map(FieldId).take(graph.fields.len()) {
        if graph.field(id).search.is_none() {
            continue;
        }
        check(graph, id, problems);
        let found = beginnings(graph, id);
        if let Some(search) = graph.fields.get_mut(id.index()).and_then(|field| field.search.as_mut()) {
            search.beginnings = found;
        }
    }
}

/// Every need names arguments that are there.
fn check(graph: &Graph, id: FieldId, problems: &mut Problems) {
    let field = graph.field(id);
    let Some(search) = &field.search else { return };
    let leaves: Vec<Arc<str>> = field.arguments.iter().flat_map(|argument| graph.leaves(argument)).collect();
    for path in search.needs.iter().flatten().filter(|path| graph.argument(id, path).is_none()) {
        let message = format!("`{path}` is no argument of `{}`", graph.coordinate(id));
        let hint = did_you_mean(path, leaves.iter().map(|leaf| &**leaf));
        problems.push(Problem::error(&search.place, message).with_hint_if(hint));
    }
    if search.needs.iter().all(Vec::is_empty) {
        let message = format!("`@search` on `{}` names nothing that must be given", graph.coordinate(id));
        let hint = "`needs: [\"surname given\", \"number\"]`: all of one entry";
        problems.push(Problem::error(&search.place, message).with_hint(hint));
    }
}

fn beginnings(graph: &Graph, id: FieldId) -> Vec<Arc<str>> {
    let field = graph.field(id);
    let leaves = field.arguments.iter().flat_map(|argument| graph.leaves(argument));
    let mut found: Vec<Arc<str>> =
        leaves.filter(|path| path.rsplit('.').next().is_some_and(|last| last == BEGINNING)).collect();
    if let Role::Link(Link { feeds, .. }) = &field.role {
        for feed in feeds {
            let (passed, _) = graph.binding(feed.binding).given(feed.entry);
            found.extend(
                passed
                    .iter()
                    .filter(|argument| argument.compare == Compare::Prefix)
                    .map(|argument| Arc::clone(&argument.name)),
            );
        }
    }
    found.sort();
    found.dedup();
    found
}
