//! Mappings: where each field of a type stands in a source's record.

use super::{convert, fresh, keys, no_field, type_named};
use crate::graph::binding::{Constant, Discriminator, Locator, Mapping, Pointer, Shape, SourceKind};
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::written::{self, Text};
use crate::graph::{Binding, Field, FieldId, Graph, Kind, Role, SourceId, TypeId};
use std::sync::Arc;

/// One `[entity.TYPE]` of a source, still without its accesses.
pub(super) fn binding(
    graph: &Graph,
    source: SourceId,
    on: TypeId,
    entity: &written::Entity,
    problems: &mut Problems,
) -> Option<Binding> {
    let kind = graph.source(source).kind;
    let same: written::Fields = entity.same.iter().map(|name| (name.clone(), same(kind, name))).collect();
    let parts = Parts {
        fields: same.iter().chain(&entity.fields).collect(),
        on_concrete: &entity.on_concrete,
        type_of: entity.type_of.as_ref(),
        place: &entity.on.place,
    };
    let shape = shape(graph, kind, on, &parts, problems)?;
    let as_of = entity.as_of.as_ref().and_then(|as_of| {
        let at = single(kind, as_of, problems)?;
        Some((at, convert::instant(as_of, problems)?))
    });
    let table = entity.table.as_ref().map(|table| Arc::clone(&table.value));
    let (by, find, extends, place) = (Vec::new(), Vec::new(), entity.extends, entity.on.place.clone());
    let fresh = fresh::read(graph, on, entity, problems);
    Some(Binding { source, on, extends, table, shape, as_of, fresh, by, find, place })
}

/// `same = ["name"]`: a field that the source calls by the graph's own name, in the graph's own form.
fn same(kind: SourceKind, name: &Text) -> written::Mapping {
    let value = match kind {
        SourceKind::Sql => Arc::clone(&name.value),
        _ => Arc::from(format!("/{}", name.value)),
    };
    let at = vec![Text { value, place: name.place.clone() }];
    written::Mapping { at, graphs_form: true, ..written::Mapping::nothing(name.place.clone()) }
}

/// What is written of one object: its fields, and how its concrete type is told.
struct Parts<'a> {
    fields: Vec<&'a (Text, written::Mapping)>,
    on_concrete: &'a [(Text, written::Fields)],
    type_of: Option<&'a written::TypeOf>,
    place: &'a Place,
}

fn shape(graph: &Graph, kind: SourceKind, on: TypeId, parts: &Parts<'_>, problems: &mut Problems) -> Option<Shape> {
    let name = &graph.type_of(on).name;
    let possible = graph.possible(on);
    let is_abstract = matches!(graph.type_of(on).kind, Kind::Abstract(_));
    let discriminator = match (is_abstract, parts.type_of) {
        (true, Some(type_of)) => discriminator(graph, kind, on, type_of, problems),
        (true, None) => {
            let problem = Problem::error(parts.place, format!("nothing says of which type a record of `{name}` is"));
            let example = if kind == SourceKind::Sql { "column = \"kind\"" } else { "at = \"/kind\"" };
            problems.push(problem.with_hint(format!("write `type = {{ {example}, codes = {{ CODE = \"TYPE\" }} }}`")));
            None
        }
        (false, Some(type_of)) => {
            problems.push(Problem::error(&type_of.at.place, format!("`{name}` is one type, it needs no `type`")));
            None
        }
        (false, None) => None,
    };
    let mut fields: Vec<(FieldId, Mapping)> = Vec::new();
    for (name, mapping) in &parts.fields {
        fields_named(graph, kind, on, &possible, (name, mapping), &mut fields, problems);
    }
    for (concrete, written) in parts.on_concrete {
        let Some(id) = type_named(graph, concrete, problems) else { continue };
        if !is_abstract || !possible.contains(&id) {
            problems.push(Problem::error(&concrete.place, format!("`{name}` is never `{}`", concrete.value)));
            continue;
        }
        for (name, mapping) in written {
            fields_named(graph, kind, id, &[id], (name, mapping), &mut fields, problems);
        }
    }
    (is_abstract == discriminator.is_some()).then_some(Shape { on, discriminator, fields })
}

/// Adds a field, of an abstract type for each of its types that has it.
fn fields_named(
    graph: &Graph,
    kind: SourceKind,
    on: TypeId,
    possible: &[TypeId],
    (name, mapping): (&Text, &written::Mapping),
    fields: &mut Vec<(FieldId, Mapping)>,
    problems: &mut Problems,
) {
    let ids: Vec<FieldId> = possible.iter().filter_map(|ty| graph.field_named(*ty, &name.value)).collect();
    if ids.is_empty() {
        problems.push(no_field(graph, on, name));
    }
    for id in ids {
        if fields.iter().any(|(known, _)| *known == id) {
            problems.push(Problem::error(&name.place, format!("`{}` is said twice", graph.coordinate(id))));
            return;
        }
        // What is wrong for one type of an interface is wrong for the others in the same words.
        let before = problems.0.len();
        let linked = field(graph, kind, id, mapping, problems);
        if problems.0.len() > before {
            return;
        }
        fields.extend(linked.map(|mapping| (id, mapping)));
    }
}

fn discriminator(
    graph: &Graph,
    kind: SourceKind,
    on: TypeId,
    written: &written::TypeOf,
    problems: &mut Problems,
) -> Option<Discriminator> {
    let at = locator(kind, &written.at, problems)?;
    let possible = graph.possible(on);
    let mut codes = Vec::new();
    let Some(pairs) = &written.codes else {
        codes.extend(possible.iter().map(|id| (Arc::clone(&graph.type_of(*id).name), *id)));
        return Some(Discriminator { at, codes });
    };
    for (code, name) in pairs {
        if let Some(id) = graph.type_named(&name.value).filter(|id| possible.contains(id)) {
            codes.push((Arc::clone(&code.value), id));
            continue;
        }
        let names = possible.iter().map(|id| &*graph.type_of(*id).name);
        let message = format!("`{}` is never `{}`", graph.type_of(on).name, name.value);
        let hint = super::did_you_mean(&name.value, names);
        problems.push(Problem::error(&name.place, message).with_hint_if(hint));
    }
    Some(Discriminator { at, codes })
}

fn field(
    graph: &Graph,
    kind: SourceKind,
    id: FieldId,
    written: &written::Mapping,
    problems: &mut Problems,
) -> Option<Mapping> {
    let field = graph.field(id);
    match &field.role {
        Role::Provenance | Role::Conflicts | Role::NodeId | Role::Page(_) => {
            let message = format!("`{}` is the gateway's own knowledge", graph.coordinate(id));
            problems.push(Problem::error(&written.place, message).with_hint("leave it out"));
            None
        }
        Role::Value => {
            let convert = convert::convert(graph, id, written, problems)?;
            let at = match &written.is {
                Some(constant) => Locator::Constant(constant.clone()),
                None => single(kind, written, problems)?,
            };
            Some(Mapping::Value { at, convert: Arc::new(convert) })
        }
        Role::Embedded => embedded(graph, kind, id, written, problems),
        Role::Link(_) => reference(graph, kind, field, written, problems),
    }
}

fn embedded(
    graph: &Graph,
    kind: SourceKind,
    id: FieldId,
    written: &written::Mapping,
    problems: &mut Problems,
) -> Option<Mapping> {
    let field = graph.field(id);
    convert::only(graph, id, written, &["fields", "each", "type", "on"], problems);
    let list = field.ty.wrap.is_list();
    let Some(fields) = written.fields.as_ref().or((!written.on_concrete.is_empty()).then_some(const { &Vec::new() }))
    else {
        let message =
            format!("`{}` is an object, `{}`: its fields must be said", graph.coordinate(id), text(graph, field));
        problems.push(Problem::error(&written.place, message).with_hint("`{ at = \"/place\", fields = { … } }`"));
        return None;
    };
    let at = match written.at.as_slice() {
        [] => Locator::Pointer(Pointer::default()),
        _ => single(kind, written, problems)?,
    };
    let parts = Parts {
        fields: fields.iter().collect(),
        on_concrete: &written.on_concrete,
        type_of: written.type_of.as_ref(),
        place: &written.place,
    };
    let shape = Arc::new(shape(graph, kind, field.ty.named, &parts, problems)?);
    match (list, written.each) {
        (true, true) => Some(Mapping::Objects { at, shape }),
        (false, false) => Some(Mapping::Object { at, shape }),
        (false, true) => {
            let message = format!("`{}` is one object, `{}`", graph.coordinate(id), text(graph, field));
            problems.push(Problem::error(&written.place, message).with_hint("leave `each` out"));
            None
        }
        (true, false) => {
            let message = format!("`{}` is a list, `{}`", graph.coordinate(id), text(graph, field));
            let hint = if kind == SourceKind::Sql {
                "a row holds one object; make the list a link to a type of its own"
            } else {
                "write `each = true` for a list of objects"
            };
            problems.push(Problem::error(&written.place, message).with_hint(hint));
            None
        }
    }
}

fn reference(
    graph: &Graph,
    kind: SourceKind,
    field: &Field,
    written: &written::Mapping,
    problems: &mut Problems,
) -> Option<Mapping> {
    let coordinate = format!("{}.{}", graph.type_of(field.parent).name, field.name);
    let target = &graph.type_of(field.ty.named).name;
    let wrong = written
        .said
        .iter()
        .find(|said| !["at", "column", "is", "crosswalk", "empty", "find", "trim"].contains(&&*said.value));
    if let Some(said) = wrong {
        let message = format!("`{coordinate}` leads to a record of its own, `{}` does not fit it", said.value);
        let hint = format!("say where the key of the `{target}` stands; its fields belong into `[entity.{target}]`");
        problems.push(Problem::error(&said.place, message).with_hint(hint));
        return None;
    }
    let mut parts: Vec<Locator> = written.at.iter().filter_map(|at| locator(kind, at, problems)).collect();
    parts.extend(written.is.clone().map(Locator::Constant));
    let key = keys::key(graph, field.ty.named);
    let wanted = if written.crosswalk.is_some() { 1 } else { key.len() };
    if key.is_empty() {
        problems.push(Problem::error(&written.place, format!("`{target}` has no key that `{coordinate}` could hold")));
        return None;
    }
    if parts.len() != wanted {
        let names: Vec<&str> = key.iter().map(|part| &*graph.field(part.field).name).collect();
        let message = format!(
            "`{coordinate}` holds a key of {}, not of {}",
            convert::counted(wanted, "part"),
            convert::counted(parts.len(), "part")
        );
        let hint = format!("the key of `{target}` is `{}`", names.join(" "));
        problems.push(Problem::error(&written.place, message).with_hint(hint));
        return None;
    }
    if let Some(crosswalk) = &written.crosswalk {
        super::access::crosswalk(graph, crosswalk, field.ty.named, problems);
    }
    let convert = Arc::new(convert::key(written, problems)?);
    Some(Mapping::Reference {
        parts,
        convert,
        crosswalk: written.crosswalk.as_ref().map(|name| Arc::clone(&name.value)),
    })
}

/// The one place that a mapping names.
fn single(kind: SourceKind, written: &written::Mapping, problems: &mut Problems) -> Option<Locator> {
    let key = if kind == SourceKind::Sql { "column" } else { "at" };
    match (written.at.as_slice(), &written.is) {
        ([at], None) => locator(kind, at, problems),
        ([], Some(Constant::Text(_) | Constant::Int(_) | Constant::Bool(_) | Constant::Null)) => {
            written.is.clone().map(Locator::Constant)
        }
        ([], None) => {
            problems.push(Problem::error(&written.place, format!("`{key}` is missing: where the value stands")));
            None
        }
        ([..], _) => {
            problems.push(Problem::error(&written.place, "this stands in one place, not in several"));
            None
        }
    }
}

fn locator(kind: SourceKind, at: &Text, problems: &mut Problems) -> Option<Locator> {
    if kind != SourceKind::Sql {
        return pointer(at, problems).map(Locator::Pointer);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if at.value.is_empty() || !at.value.chars().all(plain) || at.value.starts_with(|c: char| c.is_ascii_digit()) {
        let problem = Problem::error(&at.place, format!("`{}` is not the name of a column", at.value));
        problems.push(problem.with_hint("letters, digits and `_`; for anything else, make a view"));
        return None;
    }
    Some(Locator::Column(Arc::clone(&at.value)))
}

/// A JSON Pointer (RFC 6901).
pub(super) fn pointer(at: &Text, problems: &mut Problems) -> Option<Pointer> {
    if at.value.is_empty() {
        return Some(Pointer::default());
    }
    let Some(steps) = at.value.strip_prefix('/') else {
        let problem =
            Problem::error(&at.place, format!("`{}` is not a JSON Pointer, it must start with `/`", at.value));
        problems.push(problem.with_hint(format!("did you mean `/{}`?", at.value.replace('.', "/"))));
        return None;
    };
    let step = |step: &str| Arc::from(step.replace("~1", "/").replace("~0", "~"));
    Some(Pointer(steps.split('/').map(step).collect()))
}

fn text(graph: &Graph, field: &Field) -> String {
    convert::type_text(graph, &field.ty)
}

/// Every field that some shape maps, with its mapping, objects within objects too.
pub(super) fn all<'a>(shape: &'a Shape, found: &mut Vec<(FieldId, &'a Mapping)>) {
    for (id, mapping) in &shape.fields {
        found.push((*id, mapping));
        if let Mapping::Object { shape, .. } | Mapping::Objects { shape, .. } = mapping {
            all(shape, found);
        }
    }
}
