//! Sound: a graph that would say "none" where nobody is asked does not load.

use super::Found;
use crate::graph::binding::{Binding, Mapping};
use crate::graph::problem::{Problem, Problems};
use crate::graph::{BindingId, Entry, FieldId, Graph, LinkKeys, Mode, Role};

pub(super) fn check(graph: &Graph, found: &Found, problems: &mut Problems) {
    for field in (0u32..).map(FieldId).take(graph.fields.len()) {
        crossed(graph, field, problems);
        keyless(graph, field, found, problems);
    }
    for (id, binding) in (0u16..).map(BindingId).zip(&graph.bindings) {
        completes(graph, binding, problems);
        own_keys(graph, binding, problems);
        modes(graph, id, problems);
    }
}

/// A crosswalk starts from the record that a link belongs to; from anywhere else the key would go out as the system's number.
fn crossed(graph: &Graph, id: FieldId, problems: &mut Problems) {
    let field = graph.field(id);
    let Role::Link(link) = &field.role else { return };
    for feed in &link.feeds {
        let Entry::By(by) = feed.entry else { continue };
        let Some(by) = graph.binding(feed.binding).by.get(usize::from(by)) else { continue };
        let Some(system) = &by.crosswalk else { continue };
        let (coordinate, parent) = (graph.coordinate(id), &graph.type_of(field.parent).name);
        if !matches!(link.keys, LinkKeys::Parent(_)) {
            let message =
                format!("`{coordinate}` asks with a key that no crosswalk starts from, this takes `{system}`'s");
            let hint = format!(
                "a crosswalk leads from a type with `[crosswalk.TYPE]` along its own links; let `{coordinate}` lead there, and on"
            );
            problems.push(Problem::error(&by.place, message).with_hint(hint));
        } else if !graph.crosswalks.is_empty()
            && !graph.crosswalks.iter().any(|crosswalk| crosswalk.entity == field.parent)
        {
            let message = format!("`{coordinate}` starts from a `{parent}`, and no crosswalk does");
            let hint = format!("write `[crosswalk.{parent}]` in the store's file");
            problems.push(Problem::error(&by.place, message).with_hint(hint));
        }
    }
}

/// A source that only adds to others' records, where nobody else has the records: without their key nothing can be added to them.
fn keyless(graph: &Graph, id: FieldId, found: &Found, problems: &mut Problems) {
    let Role::Link(link) = &graph.field(id).role else { return };
    for binding in link.feeds.iter().map(|feed| graph.binding(feed.binding)).filter(|binding| binding.extends) {
        // Whoever else has the records may stand in what could not be read.
        let excused = !found.all_read || found.broken.contains(&binding.on);
        let Some(object) = graph.object(binding.on).filter(|_| !excused) else { continue };
        let lacks = |field: &FieldId| binding.shape.mapping(*field).is_none();
        let missing = object.key.iter().map(|part| part.field).find(lacks);
        let Some(field) = missing else { continue };
        let (coordinate, name) = (graph.coordinate(id), &graph.type_of(binding.on).name);
        let message =
            format!("only this answers `{coordinate}`, and it does not map `{}`, the key", graph.coordinate(field));
        let hint = format!(
            "map the key of `{name}` here, so that what others have of its records is found, or let another source answer `{coordinate}`"
        );
        problems.push(Problem::error(&binding.place, message).with_hint(hint));
    }
}

/// Only records of one type can be completed.
fn completes(graph: &Graph, binding: &Binding, problems: &mut Problems) {
    if binding.extends && graph.object(binding.on).is_none() {
        let name = &graph.type_of(binding.on).name;
        let message = format!("`extends` adds to records of one object type, and `{name}` is several");
        let hint = "write an `[entity.TYPE]` for each of its types";
        problems.push(Problem::error(&binding.place, message).with_hint(hint));
    }
}

/// A part of the key that is another system's number is no key until the crosswalk is crossed.
fn own_keys(graph: &Graph, binding: &Binding, problems: &mut Problems) {
    for object in graph.possible(binding.on).into_iter().filter_map(|id| graph.object(id)) {
        let mut fields: Vec<FieldId> = object.key.iter().map(|part| part.field).collect();
        fields.dedup();
        for id in fields {
            if let Some(Mapping::Reference { crosswalk: Some(system), .. }) = binding.shape.mapping(id) {
                let message =
                    format!("`{}` is in the key, and this gives `{system}`'s number for it", graph.coordinate(id));
                let hint = "leave `crosswalk` out of it, or take the field out of the key";
                problems.push(Problem::error(&binding.place, message).with_hint(hint));
            }
        }
    }
}

/// A value that its mode would never let through.
fn modes(graph: &Graph, id: BindingId, problems: &mut Problems) {
    let binding = graph.binding(id);
    if binding.extends {
        return;
    }
    for (field, _) in &binding.shape.fields {
        let data = &graph.field(*field).data;
        let golden = match data.mode {
            Mode::Golden => true,
            Mode::Live => false,
            Mode::Any | Mode::GoldenThenLive | Mode::LiveThenGolden => continue,
        };
        let parent = graph.field(*field).parent;
        let completes = |other: &&Binding| other.extends && other.on == parent;
        let mut offered = graph.bindings.iter().filter(completes).chain([binding]);
        let let_through =
            |other: &Binding| other.shape.mapping(*field).is_some() && graph.source(other.source).golden == golden;
        // Where no golden source has it at all, `check` says so at the field.
        let nobody = golden && !graph.bindings.iter().any(let_through);
        let plain = matches!(graph.field(*field).role, Role::Value | Role::Embedded);
        if plain && !nobody && !offered.any(let_through) {
            let (coordinate, name) = (graph.coordinate(*field), &graph.source(binding.source).name);
            let mode = if golden { "GOLDEN" } else { "LIVE" };
            let message = format!("`{coordinate}` is {mode}, so what `{name}` gives for it would never be shown");
            let hint = "leave it out here, change its mode, or let a source with `extends = true` give it";
            problems.push(Problem::error(&binding.place, message).with_hint(hint));
        }
    }
}
