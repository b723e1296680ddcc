//! Speaks: `@speaksOf` resolved. Where an object names a record that is kept elsewhere, so that what closes that closes it too.

use super::keys::{field, set};
use crate::graph::problem::{Problem, Problems};
use crate::graph::sdl::Spoken;
use crate::graph::{FieldId, Graph, Kind, Role, Scalar, SpeaksOf};

pub(super) fn link(graph: &mut Graph, written: &[Spoken], problems: &mut Problems) {
    for said in written {
        if let (Some(of), Some(key)) = (text(graph, said, &said.of, problems), text(graph, said, &said.key, problems)) {
            set(graph, said.on, |object| object.speaks_of = Some(SpeaksOf { of, key }));
        }
    }
}

/// A field of the object that holds one text.
fn text(graph: &Graph, said: &Spoken, name: &str, problems: &mut Problems) -> Option<FieldId> {
    let id = field(graph, said.on, name, &said.place, problems)?;
    let found = graph.field(id);
    let is_text = matches!(graph.type_of(found.ty.named).kind, Kind::Scalar(Scalar::String | Scalar::Id));
    if is_text && !found.ty.wrap.is_list() && matches!(found.role, Role::Value) {
        return Some(id);
    }
    let message = format!("`{}` is no text, and a record is named by its type and its key", graph.coordinate(id));
    problems.push(
        Problem::error(&said.place, message)
            .with_hint("name two fields of this type: `@speaksOf(of: \"type\", key: \"key\")`"),
    );
    None
}
