//! Public: the schema that one audience sees.
//!
//! It has none of the gateway's own directives, no field or argument of a class outside the audience's, and nothing that is empty or
//! can't be reached without those. It is written out and read again, so that it holds no trace of what was taken from it.

use super::Sdl;
use crate::graph::problem::Problem;
use crate::graph::{Argument, Field, Kind, Type, view::Audience};
use apollo_compiler::ast;
use apollo_compiler::collections::{HashMap, HashSet};
use apollo_compiler::schema::{Component, ComponentName, DirectiveList, ExtendedType, FieldDefinition};
use apollo_compiler::{Name, Schema};
use std::sync::Arc;

/// Directives that say something to the gateway only.
const OWN: [&str; 6] = ["entity", "link", "data", "search", "facts", "speaksOf"];

type Fields = apollo_compiler::collections::IndexMap<Name, Component<FieldDefinition>>;

pub(in crate::graph) fn public(
    schema: &Schema,
    types: &[Type],
    fields: &[Field],
    audience: &Audience,
) -> Result<Sdl, Problem> {
    let root = schema.schema_definition.query.as_ref();
    let query = types.iter().find(|ty| root.is_some_and(|root| root.name == *ty.name));
    let place = query.map(|ty| ty.place.clone()).unwrap_or_default();
    let mut schema = schema.clone();
    schema.directive_definitions.retain(|name, _| !OWN.contains(&name.as_str()));
    for ty in schema.types.values_mut() {
        strip(ty);
    }
    hide(&mut schema, types, fields, audience);
    while prune(&mut schema) {}
    let text = schema.to_string();
    Schema::parse_and_validate(text, "schema.graphql").map(Sdl::new).map_err(|invalid| {
        let message =
            format!("the audience `{}` is left with no valid schema: {}", audience.name, first(&invalid.errors));
        Problem::error(&place, message).with_hint("give it classes of at least one field of `Query`")
    })
}

fn first(found: &apollo_compiler::validation::DiagnosticList) -> String {
    found.iter().next().map(|diagnostic| diagnostic.error.to_string()).unwrap_or_default()
}

/// Takes the gateway's own directives off a type, its fields and their arguments.
fn strip(ty: &mut ExtendedType) {
    let on_type = |directives: &mut DirectiveList| directives.0.retain(|said| !OWN.contains(&said.name.as_str()));
    match ty {
        ExtendedType::Object(ty) => {
            let ty = ty.make_mut();
            on_type(&mut ty.directives);
            strip_fields(&mut ty.fields);
        }
        ExtendedType::Interface(ty) => {
            let ty = ty.make_mut();
            on_type(&mut ty.directives);
            strip_fields(&mut ty.fields);
        }
        ExtendedType::InputObject(ty) => {
            for field in ty.make_mut().fields.values_mut() {
                field.make_mut().directives.0.retain(|said| !OWN.contains(&said.name.as_str()));
            }
        }
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) => {}
    }
}

fn strip_fields(fields: &mut Fields) {
    let strip = |directives: &mut ast::DirectiveList| directives.0.retain(|said| !OWN.contains(&said.name.as_str()));
    for field in fields.values_mut() {
        let field = field.make_mut();
        strip(&mut field.directives);
        for argument in &mut field.arguments {
            strip(&mut argument.make_mut().directives);
        }
    }
}

/// Takes fields and arguments of other classes. A field that can't be asked without such an argument goes with it.
fn hide(schema: &mut Schema, types: &[Type], fields: &[Field], audience: &Audience) {
    let Some(permitted) = &audience.classes else { return };
    let may = |classes: &[Arc<str>]| classes.iter().all(|class| permitted.contains(class));
    for ty in types {
        let Kind::Input(arguments) = &ty.kind else { continue };
        let forbidden: Vec<&Argument> = arguments.iter().filter(|argument| !may(&argument.classes)).collect();
        if forbidden.iter().any(|argument| argument.ty.wrap.required() && !argument.has_default) {
            // Nobody could give it as it must be.
            schema.types.shift_remove(&*ty.name);
        } else if let Some(ExtendedType::InputObject(input)) = schema.types.get_mut(&*ty.name) {
            let input = input.make_mut();
            for argument in forbidden {
                input.fields.shift_remove(&*argument.name);
            }
        }
    }
    for field in fields {
        let Some(parent) = types.get(field.parent.index()) else { continue };
        let forbidden: Vec<&str> =
            field.arguments.iter().filter(|argument| !may(&argument.classes)).map(|argument| &*argument.name).collect();
        let needed = field.arguments.iter().any(|argument| {
            forbidden.contains(&&*argument.name) && argument.ty.wrap.required() && !argument.has_default
        });
        let gone = needed || !may(&field.data.classes);
        let Some(ExtendedType::Object(ty)) = schema.types.get_mut(&*parent.name) else { continue };
        let ty = ty.make_mut();
        if gone {
            ty.fields.shift_remove(&*field.name);
        } else if !forbidden.is_empty() {
            drop_arguments(&mut ty.fields, &field.name, &forbidden);
            for interface in ty.implements_interfaces.clone() {
                if let Some(ExtendedType::Interface(interface)) = schema.types.get_mut(&interface.name) {
                    drop_arguments(&mut interface.make_mut().fields, &field.name, &forbidden);
                }
            }
        }
    }
}

fn drop_arguments(fields: &mut Fields, of: &str, forbidden: &[&str]) {
    if let Some(field) = fields.get_mut(of) {
        field.make_mut().arguments.retain(|argument| !forbidden.contains(&argument.name.as_str()));
    }
}

/// One round of taking away what is left hanging; says whether there was anything.
fn prune(schema: &mut Schema) -> bool {
    let before = size(schema);
    let interfaces_lack = lacking(schema);
    for (interface, fields) in interfaces_lack {
        if let Some(ExtendedType::Interface(ty)) = schema.types.get_mut(&interface) {
            ty.make_mut().fields.retain(|name, _| !fields.contains(name));
        }
    }
    schema.types.retain(|_, ty| match ty {
        ExtendedType::Object(ty) => !ty.fields.is_empty(),
        ExtendedType::Interface(ty) => !ty.fields.is_empty(),
        ExtendedType::Union(ty) => !ty.members.is_empty(),
        ExtendedType::InputObject(ty) => !ty.fields.is_empty(),
        ExtendedType::Scalar(_) | ExtendedType::Enum(_) => true,
    });
    let known: HashSet<Name> = schema.types.keys().cloned().collect();
    schema.types.values_mut().for_each(|ty| without_types(ty, &known));
    let reached = reached(schema);
    schema.types.retain(|name, ty| ty.is_built_in() || reached.contains(name));
    let left: HashSet<Name> = schema.types.keys().cloned().collect();
    let has = |name: &ComponentName| left.contains(&name.name);
    for ty in schema.types.values_mut() {
        match ty {
            ExtendedType::Object(ty) => {
                let ty = ty.make_mut();
                ty.fields.retain(|_, field| left.contains(field.ty.inner_named_type()));
                ty.implements_interfaces.retain(has);
            }
            ExtendedType::Interface(ty) => {
                let ty = ty.make_mut();
                ty.fields.retain(|_, field| left.contains(field.ty.inner_named_type()));
                ty.implements_interfaces.retain(has);
            }
            ExtendedType::Union(ty) => ty.make_mut().members.retain(has),
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {}
        }
    }
    let roots = schema.schema_definition.make_mut();
    for root in [&mut roots.query, &mut roots.mutation, &mut roots.subscription] {
        *root = root.take().filter(has);
    }
    size(schema) != before
}

/// Takes arguments and input fields whose type is gone, and what can't be asked without one.
fn without_types(ty: &mut ExtendedType, known: &HashSet<Name>) {
    let gone = |argument: &ast::InputValueDefinition| !known.contains(argument.ty.inner_named_type());
    let needed = |argument: &ast::InputValueDefinition| argument.is_required();
    let prune = |fields: &mut Fields| {
        fields.retain(|_, field| !field.arguments.iter().any(|argument| gone(argument) && needed(argument)));
        for field in fields.values_mut().filter(|field| field.arguments.iter().any(|argument| gone(argument))) {
            field.make_mut().arguments.retain(|argument| !gone(argument));
        }
    };
    match ty {
        ExtendedType::Object(ty) => prune(&mut ty.make_mut().fields),
        ExtendedType::Interface(ty) => prune(&mut ty.make_mut().fields),
        ExtendedType::InputObject(ty) if ty.fields.values().any(|field| gone(field)) => {
            let ty = ty.make_mut();
            if ty.fields.values().any(|field| gone(field) && needed(field)) {
                // An input type without fields goes in the next round.
                ty.fields.clear();
            } else {
                ty.fields.retain(|_, field| !gone(field));
            }
        }
        _ => {}
    }
}

/// Types, fields and members: a round that changes none of them was the last.
fn size(schema: &Schema) -> usize {
    let of = |ty: &ExtendedType| match ty {
        ExtendedType::Object(ty) => 1 + ty.fields.len() + ty.implements_interfaces.len(),
        ExtendedType::Interface(ty) => 1 + ty.fields.len() + ty.implements_interfaces.len(),
        ExtendedType::Union(ty) => 1 + ty.members.len(),
        ExtendedType::InputObject(ty) => 1 + ty.fields.len(),
        ExtendedType::Scalar(_) | ExtendedType::Enum(_) => 1,
    };
    schema.types.values().map(of).sum()
}

/// Fields of interfaces that some type which implements them has lost.
fn lacking(schema: &Schema) -> HashMap<Name, Vec<Name>> {
    let mut lacking: HashMap<Name, Vec<Name>> = HashMap::default();
    for ty in schema.types.values() {
        let (interfaces, fields) = match ty {
            ExtendedType::Object(ty) => (&ty.implements_interfaces, &ty.fields),
            ExtendedType::Interface(ty) => (&ty.implements_interfaces, &ty.fields),
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
                continue;
            }
        };
        for interface in interfaces {
            let declared = schema.get_interface(&interface.name).map(|interface| &interface.fields);
            let lost =
                declared.into_iter().flat_map(|declared| declared.keys()).filter(|name| !fields.contains_key(*name));
            lacking.entry(interface.name.clone()).or_default().extend(lost.cloned());
        }
    }
    lacking
}

/// Types that an operation can reach from a root: by a field, an argument, an interface or one of its types.
fn reached(schema: &Schema) -> HashSet<Name> {
    let roots = schema.schema_definition.iter_root_operations().map(|(_, name)| name.name.clone());
    let mut next: Vec<Name> = roots.collect();
    let arguments = schema.directive_definitions.values().flat_map(|directive| directive.arguments.iter());
    next.extend(arguments.map(|argument| argument.ty.inner_named_type().clone()));
    let mut reached: HashSet<Name> = HashSet::default();
    let implementers = schema.implementers_map();
    while let Some(name) = next.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        match schema.types.get(&name) {
            Some(ExtendedType::Object(ty)) => {
                follow(&ty.fields, &mut next);
                next.extend(ty.implements_interfaces.iter().map(|name| name.name.clone()));
            }
            Some(ExtendedType::Interface(ty)) => {
                follow(&ty.fields, &mut next);
                next.extend(ty.implements_interfaces.iter().map(|name| name.name.clone()));
                next.extend(implementers.get(&name).into_iter().flat_map(|of| of.objects.iter().cloned()));
            }
            Some(ExtendedType::Union(ty)) => next.extend(ty.members.iter().map(|name| name.name.clone())),
            Some(ExtendedType::InputObject(ty)) => {
                next.extend(ty.fields.values().map(|field| field.ty.inner_named_type().clone()));
            }
            Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)) | None => {}
        }
    }
    reached
}

fn follow(fields: &Fields, next: &mut Vec<Name>) {
    for field in fields.values() {
        next.push(field.ty.inner_named_type().clone());
        next.extend(field.arguments.iter().map(|argument| argument.ty.inner_named_type().clone()));
    }
}
