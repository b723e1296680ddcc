//! Facts: `@facts` resolved. What policies know of a record, and that every source of such records says it.

use super::Found;
use super::keys::{field, set};
use crate::graph::binding::{Mapping, Shape};
use crate::graph::problem::{Problem, Problems};
use crate::graph::sdl::Facts;
use crate::graph::{Fact, FactKind, FieldId, Graph, Kind, Role, Scalar, TypeId};
use std::sync::Arc;

/// Facts that every record has, without the SDL's saying so.
const OWN: [&str; 2] = ["closed", "subject"];

pub(super) fn link(graph: &mut Graph, written: &[Facts], problems: &mut Problems) {
    for said in written {
        if let Some(fact) = fact(graph, said, problems) {
            set(graph, said.on, |object| object.facts.push(fact));
        }
    }
}

fn fact(graph: &Graph, said: &Facts, problems: &mut Problems) -> Option<Fact> {
    if OWN.contains(&&*said.name) {
        let message = format!("`{}` is known of every record, no field can say it", said.name);
        problems.push(Problem::error(&said.place, message).with_hint("give the fact another name"));
        return None;
    }
    let path = path(graph, said, problems)?;
    let last = graph.field(*path.last()?);
    let kind = match (&graph.type_of(last.ty.named).kind, last.ty.wrap.is_list()) {
        (Kind::Scalar(Scalar::Boolean), false) => FactKind::Truth,
        (Kind::Scalar(Scalar::Int), false) => FactKind::Number,
        (Kind::Scalar(Scalar::String | Scalar::Id) | Kind::Enum(_), true) => FactKind::Texts,
        (Kind::Scalar(Scalar::String | Scalar::Id | Scalar::Date | Scalar::DateTime) | Kind::Enum(_), false) => {
            FactKind::Text
        }
        _ => {
            let message = format!("`{}` is of a type that no policy can read", graph.coordinate(*path.last()?));
            let hint = "a fact is a Boolean, an Int, a text, an enum, or a list of texts or enums";
            problems.push(Problem::error(&said.place, message).with_hint(hint));
            return None;
        }
    };
    // What closes a record must be said: of a flag or a list, nothing said is not "no".
    let required =
        matches!(kind, FactKind::Truth | FactKind::Texts) || path.iter().all(|id| graph.field(*id).ty.wrap.required());
    Some(Fact { name: Arc::clone(&said.name), path, kind, required, place: said.place.clone() })
}

/// The fields on the way, each an object within the record but the last.
fn path(graph: &Graph, said: &Facts, problems: &mut Problems) -> Option<Vec<FieldId>> {
    let mut fields = Vec::new();
    let mut at = said.on;
    let mut names = said.path.split('.').peekable();
    while let Some(name) = names.next() {
        let id = field(graph, at, name, &said.place, problems)?;
        let found = graph.field(id);
        let wrong = match (&found.role, names.peek()) {
            (Role::Value, None) => None,
            (Role::Embedded, Some(_)) if !found.ty.wrap.is_list() => None,
            (Role::Embedded, Some(_)) => Some("is a list, and a fact is said once"),
            (Role::Page(_) | Role::NodeId, _) => Some("is the gateway's own, and a fact stands in the record"),
            (Role::Embedded | Role::Provenance, None) => Some("is an object, and a fact is a value"),
            (Role::Link(_), _) => Some("leads to another record, and a fact stands in the record itself"),
            (Role::Value | Role::Provenance, Some(_)) => Some("is a value, and nothing stands below it"),
        };
        if let Some(wrong) = wrong {
            let message = format!("`{}` {wrong}", graph.coordinate(id));
            let hint = "name a field of the type, or the way to one along the objects within its records";
            problems.push(Problem::error(&said.place, message).with_hint(hint));
            return None;
        }
        fields.push(id);
        at = found.ty.named;
    }
    Some(fields)
}

/// A source that brings records says the facts of them: without them nobody could have a record of its.
pub(super) fn check(graph: &Graph, found: &Found, problems: &mut Problems) {
    if !found.all_read {
        return;
    }
    for binding in graph.bindings.iter().filter(|binding| !binding.extends && !found.broken.contains(&binding.on)) {
        let mut lacking = Vec::new();
        of_shape(graph, &binding.shape, &mut lacking);
        for (on, fact) in lacking {
            let (source, name) = (&graph.source(binding.source).name, &graph.type_of(on).name);
            let path: Vec<&str> = fact.path.iter().map(|id| &*graph.field(*id).name).collect();
            let path = path.join(".");
            let message = format!("policies decide on a `{name}` by `{path}`, and `{source}` does not say it");
            let hint =
                format!("write `{path} = …` with its fields, a constant if need be ({})", fact.place.line_name());
            problems.push(Problem::error(&binding.place, message).with_hint(hint));
        }
    }
}

fn of_shape<'g>(graph: &'g Graph, shape: &Shape, lacking: &mut Vec<(TypeId, &'g Fact)>) {
    let types = match &shape.discriminator {
        Some(discriminator) => discriminator.codes.iter().map(|(_, id)| *id).collect(),
        None => graph.possible(shape.on),
    };
    for (on, object) in types.into_iter().filter_map(|id| Some((id, graph.object(id)?))) {
        lacking.extend(object.facts.iter().filter(|fact| !offers(shape, &fact.path)).map(|fact| (on, fact)));
    }
    for (_, mapping) in &shape.fields {
        if let Mapping::Object { shape, .. } | Mapping::Objects { shape, .. } = mapping {
            of_shape(graph, shape, lacking);
        }
    }
}

fn offers(shape: &Shape, path: &[FieldId]) -> bool {
    match path {
        [] => true,
        [first, rest @ ..] => match shape.mapping(*first) {
            Some(Mapping::Object { shape, .. }) => offers(shape, rest),
            Some(_) => rest.is_empty(),
            None => false,
        },
    }
}
