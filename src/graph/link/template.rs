//! Template: a path with holes, and the holes in the body of a POST.

use crate::graph::binding::{Piece, Template};
use crate::graph::problem::{Problem, Problems};
use crate::graph::written::Text;
use serde_json::Value;
use std::sync::Arc;

/// A path with its query string.
pub(super) fn path(text: &Text, problems: &mut Problems) -> Option<Template> {
    if !text.value.starts_with('/') {
        let problem = Problem::error(&text.place, "a path starts with `/`, below the source's `base_url`");
        problems.push(problem);
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = &*text.value;
    while let Some((before, hole)) = rest.split_once('{') {
        let Some((name, after)) = hole.split_once('}') else {
            problems.push(Problem::error(&text.place, "a `{` without its `}`"));
            return None;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(Arc::from(before)));
        }
        pieces.push(piece(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(Arc::from(rest)));
    }
    Some(Template(pieces))
}

fn piece(name: &str) -> Piece {
    match (name, name.parse::<u8>()) {
        ("keys", _) => Piece::Keys,
        ("key", _) => Piece::Part(0),
        (_, Ok(number)) if number > 0 => Piece::Part(number - 1),
        _ => Piece::Argument(Arc::from(name)),
    }
}

/// The holes of a body: texts that are nothing but `{name}`. `{ each = … }` stands for the list of keys.
pub(super) fn body_holes(body: &Value) -> Vec<Piece> {
    let (mut holes, mut each) = (Vec::new(), Vec::new());
    collect(body, &mut holes, &mut each);
    holes
}

/// The holes within `each`: parts there are those of every key, not of the one.
pub(super) fn each_holes(body: &Value) -> Vec<Piece> {
    let (mut holes, mut each) = (Vec::new(), Vec::new());
    collect(body, &mut holes, &mut each);
    each
}

fn collect(value: &Value, holes: &mut Vec<Piece>, within: &mut Vec<Piece>) {
    match value {
        Value::String(text) => {
            holes.extend(text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).map(piece));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, holes, within)),
        Value::Object(fields) => match (fields.len(), fields.get("each")) {
            (1, Some(each)) => {
                holes.push(Piece::Keys);
                let (mut inner, mut deeper) = (Vec::new(), Vec::new());
                collect(each, &mut inner, &mut deeper);
                within.extend(inner.into_iter().chain(deeper));
            }
            _ => fields.values().for_each(|field| collect(field, holes, within)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
