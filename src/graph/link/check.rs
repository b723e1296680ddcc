//! Check: what only the whole graph can tell. A source for every field, a class for every field, and no list that turns into
//! one call a record without a word.

use super::{Found, mappings};
use crate::graph::binding::{Access, Binding, By, Mapping, Shape};
use crate::graph::own;
use crate::graph::problem::{Problem, Problems};
use crate::graph::sdl::Linked;
use crate::graph::{BindingId, Entry, Field, FieldId, Graph, Kind, Link, LinkKeys, Role, TypeId, Wrap};
use std::collections::HashSet;

pub(super) fn check(graph: &Graph, linked: &[Linked], found: &Found, problems: &mut Problems) {
    let reached = reached(graph);
    let mut mapped = Vec::new();
    for binding in &graph.bindings {
        mappings::all(&binding.shape, &mut mapped);
    }
    if found.all_read {
        sources(graph, &reached, &mapped, found, problems);
        key_fields(graph, found, problems);
        super::nodes::check(graph, found, problems);
        required_fields(graph, found, problems);
    }
    classes(graph, found, problems);
    arguments(graph, found, problems);
    shown_as_nothing(graph, problems);
    calls(graph, linked, problems);
    completions(graph, problems);
    if found.all_read && found.broken.is_empty() {
        golden(graph, problems);
    }
}

/// Types that a query can reach, with whether several of them may be at hand at once.
fn reached(graph: &Graph) -> Vec<(TypeId, bool)> {
    let mut reached: Vec<(TypeId, bool)> = Vec::new();
    let mut next = vec![(graph.query, false)];
    next.extend(graph.mutation.map(|root| (root, false)));
    while let Some((ty, many)) = next.pop() {
        if reached.contains(&(ty, many)) || reached.contains(&(ty, true)) {
            continue;
        }
        reached.retain(|(known, _)| *known != ty);
        reached.push((ty, many));
        let fields = graph.object(ty).map(|object| object.fields.as_slice()).unwrap_or_default();
        for field in fields.iter().map(|id| graph.field(*id)) {
            let many = many || field.ty.wrap.is_list();
            next.extend(graph.possible(field.ty.named).into_iter().map(|id| (id, many)));
        }
    }
    reached
}

/// Every value has a source.
fn sources(
    graph: &Graph,
    reached: &[(TypeId, bool)],
    mapped: &[(FieldId, &Mapping)],
    found: &Found,
    problems: &mut Problems,
) {
    let mapped: HashSet<FieldId> = mapped.iter().map(|(id, _)| *id).collect();
    let roots = [Some(graph.query), graph.mutation].into_iter().flatten().filter_map(|root| graph.object(root));
    for id in roots.flat_map(|root| &root.fields).filter(|id| !matches!(graph.field(**id).role, Role::Link(_))) {
        let message = format!("`{}` is no record, so no source can answer it", graph.coordinate(*id));
        let hint = "a field of the query type leads to an object type, an interface or a union";
        problems.push(Problem::error(&graph.field(*id).place, message).with_hint(hint));
    }
    let mut reached: Vec<TypeId> = reached.iter().map(|(ty, _)| *ty).filter(|ty| !graph.is_root(*ty)).collect();
    reached.sort_unstable();
    for ty in reached {
        let Some(object) = graph.object(ty) else { continue };
        let name = &graph.type_of(ty).name;
        let bound: Vec<_> = graph.bindings.iter().filter(|binding| graph.possible(binding.on).contains(&ty)).collect();
        let broken = found.broken.iter().any(|broken| graph.possible(*broken).contains(&ty));
        // An object within a record may be said in a block that could not be read.
        if graph.is_own(ty) || broken || (bound.is_empty() && !found.broken.is_empty()) {
            continue;
        }
        let values = object.fields.iter().filter(|id| matches!(graph.field(**id).role, Role::Value | Role::Embedded));
        let missing: Vec<FieldId> = values.clone().copied().filter(|id| !mapped.contains(id)).collect();
        // A link without a source has been reported; its target's fields add nothing to that.
        if bound.is_empty() && missing.len() == values.count() && !embedded(graph, ty) {
            continue;
        }
        for id in missing {
            let field = graph.field(id);
            let hint = match bound.first() {
                Some(binding) => {
                    let file = graph.source(binding.source).place.file.path.display();
                    format!("write `{} = …` in `[entity.{name}.fields]` of {file}, or of another source", field.name)
                }
                None => format!("write `{} = …` where `fields` of `{name}` are said", field.name),
            };
            let message = format!("no source offers `{}`", graph.coordinate(id));
            problems.push(Problem::error(&field.place, message).with_hint(hint));
        }
    }
}

/// Whether it is part of the records of another type.
pub(super) fn embedded(graph: &Graph, ty: TypeId) -> bool {
    let here = |id: TypeId| id == ty || graph.possible(id).contains(&ty);
    graph.fields.iter().any(|field| matches!(field.role, Role::Embedded) && here(field.ty.named))
}

/// A record that others ask with, or that adds to another's, has its key.
fn key_fields(graph: &Graph, found: &Found, problems: &mut Problems) {
    for binding in graph.bindings.iter().filter(|binding| !found.broken.contains(&binding.on)) {
        let on = &graph.type_of(binding.on).name;
        let by_key = |name: &str| super::keys::is_key(graph, binding.on, name);
        if binding.extends && !binding.by.iter().any(|by| by_key(&by.name)) {
            let message = format!("this adds to `{on}`, and nothing says how to find it by its key");
            let hint = format!("write `[entity.{on}.by.key]`");
            problems.push(Problem::error(&binding.place, message).with_hint(hint));
        }
        if binding.extends {
            continue;
        }
        for object in graph.possible(binding.on).into_iter().filter_map(|id| graph.object(id)) {
            let mut lacking: Vec<FieldId> = object.key.iter().map(|part| part.field).collect();
            lacking.dedup();
            lacking.retain(|id| binding.shape.mapping(*id).is_none());
            for id in lacking {
                let (coordinate, name) = (graph.coordinate(id), &graph.field(id).name);
                let message = format!("`{coordinate}` is in the key, and this source does not say where it stands");
                let hint = format!("write `{name} = …` in `[entity.{on}.fields]`");
                problems.push(Problem::error(&binding.place, message).with_hint(hint));
            }
        }
    }
}

/// Every source says where a value stands that must not be null: without it, its records could never be shown.
fn required_fields(graph: &Graph, found: &Found, problems: &mut Problems) {
    for binding in graph.bindings.iter().filter(|binding| !binding.extends && !found.broken.contains(&binding.on)) {
        let completed = |id: FieldId| {
            graph.bindings.iter().any(|other| other.extends && other.shape.mapping(id).is_some())
                || graph.object(graph.field(id).parent).is_some_and(|it| it.key.iter().any(|part| part.field == id))
        };
        let mut lacking = Vec::new();
        lacking_of(graph, &binding.shape, &mut lacking);
        for id in lacking.into_iter().filter(|id| !completed(*id)) {
            let (coordinate, name) = (graph.coordinate(id), &graph.field(id).name);
            let message = format!("`{coordinate}` must have a value, and this source does not say where it stands");
            let hint = format!(
                "write `{name} = …` with the fields of `{}`, or let it be null ({})",
                graph.type_of(graph.field(id).parent).name,
                graph.field(id).place.line_name(),
            );
            problems.push(Problem::error(&binding.place, message).with_hint(hint));
        }
    }
}

/// The fields that must not be null and have no mapping in a shape, nor in the shapes within it.
fn lacking_of(graph: &Graph, shape: &Shape, lacking: &mut Vec<FieldId>) {
    let types = match &shape.discriminator {
        Some(discriminator) => discriminator.codes.iter().map(|(_, id)| *id).collect(),
        None => graph.possible(shape.on),
    };
    for id in types.into_iter().filter_map(|id| graph.object(id)).flat_map(|object| &object.fields) {
        let field = graph.field(*id);
        let value = matches!(field.role, Role::Value | Role::Embedded);
        match shape.mapping(*id) {
            None if value && field.ty.wrap.required() => lacking.push(*id),
            Some(Mapping::Object { shape, .. } | Mapping::Objects { shape, .. }) => lacking_of(graph, shape, lacking),
            _ => {}
        }
    }
}

/// Every field says how sensitive it is.
fn classes(graph: &Graph, found: &Found, problems: &mut Problems) {
    for field in &graph.fields {
        let parent = graph.type_of(field.parent);
        let root = field.parent == graph.query || found.other_roots.contains(&field.parent);
        let own = graph.is_own(field.parent) || matches!(field.role, Role::Provenance | Role::Page(_));
        // Who may have an effect is always said.
        if field.data.classes.is_empty() && !root && !own {
            let message = format!("`{}.{}` has no data class", parent.name, field.name);
            let hint = format!("write `@data(class: […])` on it, or on `{}` for all its fields", parent.name);
            problems.push(Problem::error(&field.place, message).with_hint(hint));
        }
    }
}

/// An argument of a plain field has nobody who understands it.
fn arguments(graph: &Graph, found: &Found, problems: &mut Problems) {
    let served = graph.fields.iter().filter(|field| !found.other_roots.contains(&field.parent));
    for field in served.filter(|field| matches!(field.role, Role::Value | Role::Embedded)) {
        if let Some(argument) = field.arguments.first() {
            let name = &graph.type_of(field.parent).name;
            let message =
                format!("`{name}.{}` stands in its record, nobody understands `{}`", field.name, argument.name);
            let hint = "only fields that lead to a record (`@link`) take arguments";
            problems.push(Problem::error(&field.place, message).with_hint(hint));
        }
    }
}

/// Fields that no answer could ever fill: lists of lists, and what the gateway does not know of records.
fn shown_as_nothing(graph: &Graph, problems: &mut Problems) {
    for (number, field) in (0..).zip(&graph.fields) {
        let parent = graph.type_of(field.parent);
        let coordinate = format!("{}.{}", parent.name, field.name);
        if matches!(&field.ty.wrap, Wrap::List { of, .. } if of.is_list()) {
            let message = format!("`{coordinate}` is a list of lists, and no source can fill it");
            problems
                .push(Problem::error(&field.place, message).with_hint("make it a list of objects with a list each"));
        }
        if let Some(known) = own::fields_of(&parent.name).filter(|known| !known.contains(&&*field.name)) {
            let message = format!("`{coordinate}` is nothing that the gateway knows");
            problems.push(Problem::error(&field.place, message).with_hint(format!("it knows {}", known.join(", "))));
        }
        if graph.tells(FieldId(number)) && !fetched(graph, field.parent) {
            let message = format!("`{}` is no record of its own, so it has no {}", parent.name, field.name);
            let hint = format!("ask for the {} of the record around it", field.name);
            problems.push(Problem::error(&field.place, message).with_hint(hint));
        }
        if matches!(field.role, Role::Conflicts) {
            problems.0.extend(undisputed(graph, field));
        }
    }
}

/// Conflicts of a type of which no two sources know the same.
fn undisputed(graph: &Graph, field: &Field) -> Option<Problem> {
    if field.arguments.iter().any(|argument| &*argument.name != "of") || field.arguments.len() != 1 {
        let message = format!("`{}` takes `of`, and nothing else", field.name);
        return Some(Problem::error(&field.place, message).with_hint("write `conflicts(of: [String!]): [Conflict!]`"));
    }
    let name = &graph.type_of(field.parent).name;
    let added = graph.bindings.iter().filter(|binding| binding.on == field.parent && binding.extends);
    let mut fields = added.flat_map(|binding| &binding.shape.fields).map(|(id, _)| *id);
    let others = |id: FieldId| graph.bindings.iter().filter(move |binding| binding.shape.mapping(id).is_some()).count();
    if fields.any(|id| matches!(graph.field(id).role, Role::Value) && others(id) > 1) {
        return None;
    }
    let message = format!("no field of `{name}` is known to two sources, so there are never conflicts");
    let hint = format!("a source that knows the same of a record says so with `extends = true` in `[entity.{name}]`");
    Some(Problem::warning(&field.place, message).with_hint(hint))
}

/// Whether some field leads to records of this type, or none to it at all.
fn fetched(graph: &Graph, ty: TypeId) -> bool {
    let here = |id: TypeId| id == ty || graph.possible(id).contains(&ty);
    let linked = |field: &Field| matches!(field.role, Role::Link(_)) && here(field.ty.named);
    !graph.is_root(ty) && (!embedded(graph, ty) || graph.fields.iter().any(linked))
}

/// Many records at hand and a source that is asked one at a time.
fn calls(graph: &Graph, linked: &[Linked], problems: &mut Problems) {
    let several: HashSet<TypeId> = reached(graph).into_iter().filter(|(_, many)| *many).map(|(ty, _)| ty).collect();
    for Linked { field: id, .. } in linked {
        let field = graph.field(*id);
        let Role::Link(Link { keys, feeds, .. }) = &field.role else { continue };
        let many_keys = match keys {
            LinkKeys::Find | LinkKeys::Node { .. } => false,
            LinkKeys::Arguments { list, .. } => *list,
            LinkKeys::Parent(_) | LinkKeys::Reference { .. } => {
                field.ty.wrap.is_list() || several.contains(&field.parent)
            }
        };
        for feed in feeds.iter().filter(|_| many_keys) {
            let binding = graph.binding(feed.binding);
            let Entry::By(at) = feed.entry else { continue };
            let Some(by) = binding.by.get(usize::from(at)) else { continue };
            problems.0.extend(one_a_key(graph, binding, by, &graph.coordinate(*id)));
        }
    }
}

/// Records that others bring, completed one by one.
fn completions(graph: &Graph, problems: &mut Problems) {
    let several: HashSet<TypeId> = reached(graph).into_iter().filter(|(_, many)| *many).map(|(ty, _)| ty).collect();
    for (id, binding) in (0u16..).map(BindingId).zip(&graph.bindings) {
        let Some(Entry::By(at)) = graph.by_key(id).filter(|_| binding.extends && several.contains(&binding.on)) else {
            continue;
        };
        let Some(by) = binding.by.get(usize::from(at)) else { continue };
        let what = &graph.type_of(binding.on).name;
        problems.0.extend(one_a_key(graph, binding, by, &format!("{what}.{}", offered(graph, binding))));
    }
}

/// The first field that a binding adds.
fn offered(graph: &Graph, binding: &Binding) -> String {
    let first = binding.shape.fields.first();
    first.map(|(field, _)| graph.field(*field).name.to_string()).unwrap_or_default()
}

/// What asks a source once a key.
fn one_a_key(graph: &Graph, binding: &Binding, by: &By, what: &str) -> Option<Problem> {
    let hint = match by.access {
        Access::Rest(_) | Access::Graphql(_) if by.keys_max == 1 => {
            "a call that takes `{keys}` asks for many at once, if the source has one"
        }
        Access::Entities(_) if by.keys_max == 1 => "`_entities` takes many keys at once: leave `keys_max` out",
        _ => return None,
    };
    let source = graph.source(binding.source);
    let message = format!("`{what}` asks `{}` once a key, {} at a time", source.name, source.reach.concurrency_max);
    Some(Problem::warning(&by.place, message).with_hint(hint))
}

/// A field that only the golden-record store may answer is offered by it.
fn golden(graph: &Graph, problems: &mut Problems) {
    let mut offered: Vec<(FieldId, &Mapping)> = Vec::new();
    for binding in graph.bindings.iter().filter(|binding| graph.source(binding.source).golden) {
        mappings::all(&binding.shape, &mut offered);
    }
    let offered: HashSet<FieldId> = offered.into_iter().map(|(id, _)| id).collect();
    for ty in &graph.types {
        let Kind::Object(object) = &ty.kind else { continue };
        for id in &object.fields {
            let field = graph.field(*id);
            let plain = matches!(field.role, Role::Value | Role::Embedded);
            if plain && field.data.mode == crate::graph::Mode::Golden && !offered.contains(id) {
                let message = format!("`{}` is GOLDEN, and no golden source offers it", graph.coordinate(*id));
                problems
                    .push(Problem::error(&field.place, message).with_hint("write `golden = true` in the store's file"));
            }
        }
    }
}
