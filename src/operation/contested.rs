//! Contested: which fields `conflicts` is asked about, by name.
//!
//! A name that is none of the type is refused: an answer without conflicts would pass for one about it.

use super::{Arguments, Selected, Tree};
use crate::error::{Code, Error, Refusal};
use crate::graph::problem::did_you_mean;
use crate::graph::sdl::Sdl;
use crate::graph::{FieldId, Graph, Role};
use serde_json::Value;

/// Resolves the names, and makes them part of the shape: which sources are asked depends on them.
///
/// # Errors
/// `INVALID`, an error for each name that is no plain field of its type in this view.
pub(super) fn read((graph, sdl): (&Graph, &Sdl), tree: &Tree, arguments: &mut Arguments) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    for (id, given) in &arguments.of {
        let selection = tree.selection(*id);
        let (Selected::Field(field), Ok(given)) = (selection.what, given) else { continue };
        let Some(Value::Array(written)) = given.get("of") else { continue };
        if !matches!(graph.field(field).role, Role::Conflicts) {
            continue;
        }
        let mut named = Vec::new();
        for name in written.iter().filter_map(Value::as_str) {
            match plain((graph, sdl), field, name) {
                Ok(found) => named.push(found),
                Err(error) => errors.push(selection.locations.iter().fold(error, |error, at| error.at(*at))),
            }
        }
        named.sort_unstable();
        named.dedup();
        let shape = &mut arguments.shape;
        shape.extend(id.0.to_le_bytes());
        shape.extend(u32::try_from(named.len()).unwrap_or(u32::MAX).to_le_bytes());
        shape.extend(named.iter().flat_map(|field| field.0.to_le_bytes()));
        arguments.named.push((*id, named));
    }
    Refusal::of(errors).map_or(Ok(()), Err)
}

/// The field of this name, of the type that `conflicts` is asked of.
fn plain((graph, sdl): (&Graph, &Sdl), conflicts: FieldId, name: &str) -> Result<FieldId, Error> {
    let parent = graph.field(conflicts).parent;
    let on = &graph.type_of(parent).name;
    let seen = |id: &FieldId| sdl.has(on, &graph.field(*id).name, None);
    let is_plain = |id: &FieldId| matches!(graph.field(*id).role, Role::Value);
    let written = super::scalar::shown(&name);
    match graph.field_named(parent, name).filter(seen) {
        Some(id) if is_plain(&id) => Ok(id),
        Some(_) => {
            let message =
                format!("`{on}.{written}` is no plain value, and `{}` compares those", graph.field(conflicts).name);
            Err(Error::new(Code::Invalid, message).hint("ask for the field itself, and for its `provenance`"))
        }
        None => {
            let fields = graph.object(parent).map_or(&[][..], |object| &object.fields).iter().copied();
            let fields = fields.filter(seen).filter(is_plain).map(|id| &*graph.field(id).name);
            let error = Error::new(Code::Invalid, format!("`{on}` has no field `{written}`"));
            Err(match did_you_mean(name, fields) {
                Some(hint) => error.hint(hint),
                None => error,
            })
        }
    }
}
