//! Keys: `@entity` resolved. What tells the records of a type apart, part by part, and whose records they are.

use super::did_you_mean;
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::sdl::Entity;
use crate::graph::{BindingId, Entry, FieldId, Graph, KeyPart, Kind, Role, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

type Written<'a> = HashMap<TypeId, (Vec<FieldId>, &'a Place)>;

pub(super) fn link(graph: &mut Graph, entities: &[Entity], problems: &mut Problems) {
    let mut written = Written::new();
    for entity in entities {
        if let Some((key, place)) = &entity.key {
            let fields: Vec<FieldId> =
                key.split_whitespace().filter_map(|name| field(graph, entity.on, name, place, problems)).collect();
            written.insert(entity.on, (fields, place));
        }
    }
    for entity in entities.iter().filter(|entity| written.contains_key(&entity.on)) {
        let key = parts(graph, &written, entity.on, &mut Vec::new(), problems);
        set(graph, entity.on, |object| object.key = key);
    }
    for entity in entities {
        if let Some((subject, place)) = &entity.subject {
            let path = subject_path(graph, entity.on, subject, place, problems);
            set(graph, entity.on, |object| object.subject = path);
        }
    }
}

pub(super) fn set(graph: &mut Graph, on: TypeId, change: impl FnOnce(&mut crate::graph::Object)) {
    if let Some(Kind::Object(object)) = graph.types.get_mut(on.index()).map(|ty| &mut ty.kind) {
        change(object);
    }
}

pub(super) fn field(graph: &Graph, on: TypeId, name: &str, place: &Place, problems: &mut Problems) -> Option<FieldId> {
    let found = graph.field_named(on, name);
    if found.is_none() {
        let fields = graph.object(on).map(|object| object.fields.iter()).into_iter().flatten();
        let hint = did_you_mean(name, fields.map(|id| &*graph.field(*id).name));
        let message = format!("{} has no field `{name}`", graph.type_of(on).name);
        problems.push(Problem::error(place, message).with_hint_if(hint));
    }
    found
}

/// The key of a type, flattened. `trail` holds the key fields that led here, to recognise a key that leads back to itself.
fn parts(
    graph: &Graph,
    written: &Written<'_>,
    on: TypeId,
    trail: &mut Vec<(TypeId, FieldId)>,
    problems: &mut Problems,
) -> Vec<KeyPart> {
    let Some((fields, place)) = written.get(&on) else { return Vec::new() };
    if let Some(start) = trail.iter().position(|(ty, _)| *ty == on) {
        // Every type of a cycle would tell of it; the first of them by id does.
        if trail.iter().skip(start).all(|(ty, _)| *ty >= on) && start == 0 {
            let steps: Vec<String> = trail.iter().skip(start).map(|(_, field)| graph.coordinate(*field)).collect();
            let message = format!("this key leads back to itself: {}", steps.join(" → "));
            problems.push(Problem::error(place, message).with_hint("use fields that hold a plain value"));
        }
        return Vec::new();
    }
    let mut key = Vec::new();
    for id in fields {
        let field = graph.field(*id);
        let outermost = trail.is_empty();
        let report = |why: &str, problems: &mut Problems| {
            if outermost {
                problems.push(Problem::error(place, format!("`{}` can't be in a key: {why}", field.name)));
            }
        };
        match &field.role {
            _ if field.ty.wrap.is_list() => report("it is a list", problems),
            Role::Value => key.push(KeyPart { field: *id, part: None }),
            Role::Embedded | Role::Provenance | Role::Conflicts => {
                report("it is an object within the record", problems);
            }
            Role::Page(_) => report("it is a part of a connection", problems),
            Role::NodeId => report("it is made of the key", problems),
            Role::Link(_) => {
                trail.push((on, *id));
                let of = graph.possible(field.ty.named).first().copied();
                let count = of.map_or(0, |of| parts(graph, written, of, trail, problems).len());
                trail.pop();
                if of.is_none_or(|of| !written.contains_key(&of)) {
                    report(&format!("`{}` has no key", graph.type_of(field.ty.named).name), problems);
                }
                let count = u8::try_from(count).unwrap_or(u8::MAX);
                key.extend((0..count).map(|part| KeyPart { field: *id, part: Some(part) }));
            }
        }
    }
    key
}

fn subject_path(graph: &Graph, on: TypeId, path: &str, place: &Place, problems: &mut Problems) -> Vec<FieldId> {
    let mut fields = Vec::new();
    let mut at = on;
    for name in path.split('.') {
        let Some(id) = field(graph, at, name, place, problems) else { return fields };
        let found = graph.field(id);
        if !matches!(found.role, Role::Link(_) | Role::Embedded) {
            let message = format!("`{}` leads to no record", graph.coordinate(id));
            let hint = "the subject is a way along links, `\"person\"` or `\"case.person\"`";
            problems.push(Problem::error(place, message).with_hint(hint));
            return fields;
        }
        fields.push(id);
        at = found.ty.named;
    }
    fields
}

/// The key of a type; of an interface or union the key that all its types have in common, by field names.
pub(super) fn key(graph: &Graph, ty: TypeId) -> Vec<KeyPart> {
    let mut keys = graph.possible(ty).into_iter().filter_map(|id| graph.object(id)).map(|object| &object.key);
    let Some(first) = keys.next() else { return Vec::new() };
    let shape = |key: &[KeyPart]| -> Vec<(Arc<str>, Option<u8>)> {
        key.iter().map(|part| (Arc::clone(&graph.field(part.field).name), part.part)).collect()
    };
    let wanted = shape(first);
    if keys.all(|key| shape(key) == wanted) { first.clone() } else { Vec::new() }
}

/// What an argument for one part of a key is called: the field; where that leads to a record of several parts, the part within.
pub(super) fn part_name(graph: &Graph, part: KeyPart) -> Arc<str> {
    let field = graph.field(part.field);
    let within = key(graph, field.ty.named);
    match part.part.and_then(|at| within.get(usize::from(at))) {
        Some(inner) if within.len() > 1 => part_name(graph, *inner),
        _ => Arc::clone(&field.name),
    }
}

/// `key`, and the name of the field where one field alone is the key, mean the same.
pub(super) fn is_key(graph: &Graph, ty: TypeId, name: &str) -> bool {
    let key = key(graph, ty);
    name == "key" || (!key.is_empty() && key.iter().all(|part| &*graph.field(part.field).name == name))
}

impl Graph {
    /// The way into a binding by the key of its type.
    #[must_use]
    pub fn by_key(&self, id: BindingId) -> Option<Entry> {
        let binding = self.binding(id);
        let position = binding.by.iter().position(|by| is_key(self, binding.on, &by.name))?;
        u16::try_from(position).ok().map(Entry::By)
    }
}
