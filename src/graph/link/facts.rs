//! Facts: `@facts` resolved. What policies know of a record, and that every source of such records says it, or leads to who does.

use super::Found;
use super::keys::{field, set};
use crate::graph::binding::{Mapping, Shape};
use crate::graph::problem::{Problem, Problems};
use crate::graph::sdl::Facts;
use crate::graph::{Fact, FactKind, FieldId, Graph, Kind, LinkKeys, Role, Scalar, TypeId, Via};
use serde_json::{Map, Value};
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
    let (first, second) = match said.path.split_once('+') {
        Some((first, second)) => (first.trim(), Some(second.trim())),
        None => (&*said.path, None),
    };
    let way = path(graph, said, (said.on, first), problems)?;
    let with = match second {
        Some(second) => with(graph, said, (&way, second), problems)?,
        None => Vec::new(),
    };
    let last = graph.field(*way.path.last()?);
    let several = way.via.iter().any(|via| graph.field(via.field).ty.wrap.is_list());
    let kind = match (&graph.type_of(last.ty.named).kind, last.ty.wrap.is_list() || several) {
        (Kind::Scalar(Scalar::Boolean), false) => FactKind::Truth,
        (Kind::Scalar(Scalar::Int), false) => FactKind::Number,
        (Kind::Scalar(Scalar::String | Scalar::Id) | Kind::Enum(_), true) => FactKind::Texts,
        (Kind::Scalar(Scalar::String | Scalar::Id | Scalar::Date | Scalar::DateTime) | Kind::Enum(_), false) => {
            FactKind::Text
        }
        _ => {
            let coordinate = graph.coordinate(*way.path.last()?);
            let (message, hint) = if several {
                (format!("`{coordinate}` is said by several records"), "what several say is a text or an enum")
            } else {
                let hint = "a fact is a Boolean, an Int, a text, an enum, or a list of texts or enums";
                (format!("`{coordinate}` is of a type that no policy can read"), hint)
            };
            problems.push(Problem::error(&said.place, message).with_hint(hint));
            return None;
        }
    };
    // What closes a record must be said: of a flag or a list, nothing said is not "no".
    let always = way.via.is_empty() && way.path.iter().all(|id| graph.field(*id).ty.wrap.required());
    let required = matches!(kind, FactKind::Truth | FactKind::Texts) || always;
    let Way { via, path } = way;
    Some(Fact { name: Arc::clone(&said.name), via, path, with, kind, required, place: said.place.clone() })
}

/// The fields to the second of two values: one text beside another, of a record that is led to. Two facts of several records are not known
/// to be of one record; two values of one fact are.
fn with(graph: &Graph, said: &Facts, (way, second): (&Way, &str), problems: &mut Problems) -> Option<Vec<FieldId>> {
    let on = graph.field(way.via.last().map(|via| via.field).or_else(|| way.path.last().copied())?).ty.named;
    let text = |path: &[FieldId]| {
        path.last().map(|id| graph.field(*id)).is_some_and(|last| {
            let kind = &graph.type_of(last.ty.named).kind;
            let is_text = matches!(kind, Kind::Scalar(Scalar::String | Scalar::Id) | Kind::Enum(_));
            is_text && !last.ty.wrap.is_list()
        })
    };
    let other = if way.via.is_empty() { None } else { Some(path(graph, said, (on, second), problems)?) };
    match other {
        Some(other) if other.via.is_empty() && text(&other.path) && text(&way.path) => Some(other.path),
        _ => {
            let message = "`+` stands between two texts of a record that links lead to";
            let hint = "write it so: `person.cases(active: true).court.ori + number`";
            problems.push(Problem::error(&said.place, message).with_hint(hint));
            None
        }
    }
}

/// Links, and the fields within the record that they lead to.
struct Way {
    via: Vec<Via>,
    path: Vec<FieldId>,
}

/// The fields on the way: links to other records first, then objects within the last of them, then the value.
fn path(graph: &Graph, said: &Facts, (on, path): (TypeId, &str), problems: &mut Problems) -> Option<Way> {
    let mut way = Way { via: Vec::new(), path: Vec::new() };
    let mut at = on;
    let mut steps = steps(path).into_iter().peekable();
    while let Some((name, given)) = steps.next() {
        let id = field(graph, at, name, &said.place, problems)?;
        let found = graph.field(id);
        let wrong = match (&found.role, steps.peek()) {
            (Role::Value, None) => None,
            (Role::Embedded, Some(_)) if !found.ty.wrap.is_list() => None,
            (Role::Link(_), Some(_)) => not_followed(graph, said.on, id, &way),
            (Role::Embedded, Some(_)) => Some("is a list, and a fact is said once"),
            (Role::Page(_) | Role::NodeId | Role::Conflicts, _) => {
                Some("is the gateway's own, and a fact stands in the record")
            }
            (Role::Embedded | Role::Provenance, None) => Some("is an object, and a fact is a value"),
            (Role::Link(_), None) => Some("leads to another record, and a fact is a value"),
            (Role::Value | Role::Provenance, Some(_)) => Some("is a value, and nothing stands below it"),
        };
        if let Some(wrong) = wrong {
            let message = format!("`{}` {wrong}", graph.coordinate(id));
            let hint =
                "name a field of the type, or the way to one: along links, then along the objects within the record";
            problems.push(Problem::error(&said.place, message).with_hint(hint));
            return None;
        }
        let given = arguments(graph, id, given, said, problems)?;
        match found.role {
            Role::Link(_) => way.via.push(Via { field: id, given: Arc::new(given) }),
            _ => way.path.push(id),
        }
        at = found.ty.named;
    }
    Some(way)
}

fn not_followed(graph: &Graph, on: TypeId, link: FieldId, way: &Way) -> Option<&'static str> {
    let no_record = graph.object(on).is_none_or(|object| object.key.is_empty());
    if no_record || !way.path.is_empty() {
        Some("leads on from an object within a record, and only links of the record itself are followed")
    } else if graph.is_paged(link) {
        Some("is given a page at a time, and a fact is about all")
    } else if graph.object(graph.field(link).ty.named).is_none() {
        Some("leads to records of several types")
    } else {
        None
    }
}

/// `cases(status: OPEN).number`: names, each with what stands in brackets behind it.
fn steps(path: &str) -> Vec<(&str, &str)> {
    let mut depth = 0_u32;
    let parts = path.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '.' && depth == 0
    });
    parts
        .map(|part| part.split_once('(').map_or((part, ""), |(name, rest)| (name, rest.trim_end_matches(')'))))
        .collect()
}

/// `status: OPEN, active: true`, as the field takes them.
fn arguments(
    graph: &Graph,
    of: FieldId,
    given: &str,
    said: &Facts,
    problems: &mut Problems,
) -> Option<Map<String, Value>> {
    let mut arguments = Map::new();
    for pair in given.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, text) = pair.split_once(':').map_or((pair, ""), |(name, text)| (name.trim(), text.trim()));
        let known = graph.field(of).arguments.iter().find(|argument| *argument.name == *name);
        let value = known.and_then(|argument| {
            let ty = graph.type_of(argument.ty.named);
            match &ty.kind {
                Kind::Scalar(Scalar::Boolean) => text.parse().ok().map(Value::Bool),
                Kind::Scalar(Scalar::Int) => text.parse::<i32>().ok().map(Value::from),
                Kind::Scalar(Scalar::String | Scalar::Id) if !text.is_empty() => Some(Value::from(text)),
                Kind::Enum(values) => values.iter().find(|value| ***value == *text).map(|value| Value::from(&**value)),
                _ => None,
            }
        });
        let Some(value) = value else {
            let coordinate = graph.coordinate(of);
            let message = format!("`{coordinate}` does not take `{pair}`");
            let hint = format!("write `{}(NAME: VALUE)` with its arguments, `status: OPEN`", graph.field(of).name);
            problems.push(Problem::error(&said.place, message).with_hint(hint));
            return None;
        };
        arguments.insert(name.to_owned(), value);
    }
    Some(arguments)
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
            let path: Vec<&str> = said_here(fact).iter().map(|id| &*graph.field(*id).name).collect();
            let path = path.join(".");
            let message = format!("policies decide on a `{name}` by `{path}`, and `{source}` does not say it");
            let hint =
                format!("write `{path} = …` with its fields, a constant if need be ({})", fact.place.line_name());
            problems.push(Problem::error(&binding.place, message).with_hint(hint));
        }
    }
    let objects =
        graph.types.iter().filter_map(|ty| if let Kind::Object(object) = &ty.kind { Some(object) } else { None });
    for fact in objects.flat_map(|object| &object.facts) {
        check_way(graph, found, fact, problems);
    }
}

/// Whoever is asked on the way to a fact says where it goes on, and at the end the fact.
fn check_way(graph: &Graph, found: &Found, fact: &Fact, problems: &mut Problems) {
    for (number, via) in fact.via.iter().enumerate() {
        let Role::Link(link) = &graph.field(via.field).role else { continue };
        let next = fact.via.get(number + 1);
        // A link that starts from the key needs nothing of the record.
        let ends = [fact.path.as_slice(), fact.with.as_slice()];
        let wanted = next.map_or(ends, |next| [reference(graph, next), &[]]);
        let said = link.feeds.iter().flat_map(|feed| wanted.map(|wanted| (graph.binding(feed.binding), wanted)));
        for (binding, wanted) in said {
            if !offers(&binding.shape, wanted) && !found.broken.contains(&binding.on) {
                let names: Vec<&str> = wanted.iter().map(|id| &*graph.field(*id).name).collect();
                let (source, name) = (&graph.source(binding.source).name, &graph.type_of(binding.on).name);
                let names = names.join(".");
                let message =
                    format!("the fact `{}` is what `{name}.{names}` says, and `{source}` does not say it", fact.name);
                let hint = format!("write `{names} = …` with its fields ({})", fact.place.line_name());
                problems.push(Problem::error(&binding.place, message).with_hint(hint));
            }
        }
    }
}

/// What a record itself must say for a fact.
fn said_here(fact: &Fact) -> &[FieldId] {
    fact.via.first().map_or(&fact.path, |via| std::slice::from_ref(&via.field))
}

/// The field in which a record holds the key of what a link leads to; nothing where the link starts from the record's own key.
fn reference<'v>(graph: &Graph, via: &'v Via) -> &'v [FieldId] {
    match &graph.field(via.field).role {
        Role::Link(link) if matches!(link.keys, LinkKeys::Reference { .. }) => std::slice::from_ref(&via.field),
        _ => &[],
    }
}

fn of_shape<'g>(graph: &'g Graph, shape: &Shape, lacking: &mut Vec<(TypeId, &'g Fact)>) {
    let types = match &shape.discriminator {
        Some(discriminator) => discriminator.codes.iter().map(|(_, id)| *id).collect(),
        None => graph.possible(shape.on),
    };
    for (on, object) in types.into_iter().filter_map(|id| Some((id, graph.object(id)?))) {
        let says = |fact: &Fact| match fact.via.first() {
            None => offers(shape, &fact.path),
            Some(via) => offers(shape, reference(graph, via)),
        };
        lacking.extend(object.facts.iter().filter(|fact| !says(fact)).map(|fact| (on, fact)));
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
