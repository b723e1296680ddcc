//! Hints: what was probably meant, and which of the compiler's mistakes only follow from another.

use super::frontend::{ExtendedType, Schema, WrittenDefinition, WrittenDocument, WrittenSelection};
use super::lines::Lines;
use crate::error::Location;
use crate::graph::problem::did_you_mean;

/// The name that was probably meant, where a message of the compiler says that there is none of some name.
///
/// The schema is the view's own: a hint can't tell of what the caller may never ask.
pub(super) fn hint(name: &str, message: &str, schema: &Schema) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match name {
        "UndefinedField" => {
            let (ty, written) = (quoted.next()?, quoted.next()?);
            did_you_mean(written, fields(schema, ty))
        }
        "UndefinedArgument" => {
            let (written, coordinate) = (quoted.next()?, quoted.next()?);
            let (ty, field) = coordinate.split_once('.')?;
            let definition = schema.type_field(ty, field).ok()?;
            did_you_mean(written, definition.arguments.iter().map(|argument| argument.name.as_str()))
        }
        "UndefinedDefinition"
        | "UndefinedTypeInNamedFragmentTypeCondition"
        | "UndefinedTypeInInlineFragmentTypeCondition" => {
            did_you_mean(quoted.next()?, schema.types.keys().map(apollo_compiler::Name::as_str))
        }
        "UndefinedEnumValue" => {
            let (written, ty) = (quoted.next()?, quoted.next()?);
            did_you_mean(written, schema.get_enum(ty)?.values.keys().map(apollo_compiler::Name::as_str))
        }
        "UndefinedInputValue" => {
            let (written, ty) = (quoted.next()?, quoted.next()?);
            did_you_mean(written, schema.get_input_object(ty)?.fields.keys().map(apollo_compiler::Name::as_str))
        }
        _ => None,
    }
}

fn fields<'a>(schema: &'a Schema, ty: &str) -> Vec<&'a str> {
    match schema.types.get(ty) {
        Some(ExtendedType::Object(object)) => object.fields.keys().map(apollo_compiler::Name::as_str).collect(),
        Some(ExtendedType::Interface(interface)) => {
            interface.fields.keys().map(apollo_compiler::Name::as_str).collect()
        }
        _ => Vec::new(),
    }
}

/// Where fields with a selection set of their own stand. The compiler leaves out what it does not know, and then finds such a
/// set empty: that is no second mistake.
pub(super) fn with_selections(document: &WrittenDocument, lines: &Lines) -> Vec<Location> {
    let mut found = Vec::new();
    let mut waiting: Vec<&[WrittenSelection]> = Vec::new();
    for definition in &document.definitions {
        match definition {
            WrittenDefinition::OperationDefinition(operation) => waiting.push(&operation.selection_set),
            WrittenDefinition::FragmentDefinition(fragment) => waiting.push(&fragment.selection_set),
            _ => {}
        }
    }
    while let Some(set) = waiting.pop() {
        for selection in set {
            match selection {
                WrittenSelection::Field(field) if !field.selection_set.is_empty() => {
                    found.extend(field.location().map(|span| lines.location(span.offset())));
                    waiting.push(&field.selection_set);
                }
                WrittenSelection::InlineFragment(inline) => waiting.push(&inline.selection_set),
                WrittenSelection::Field(_) | WrittenSelection::FragmentSpread(_) => {}
            }
        }
    }
    found
}
