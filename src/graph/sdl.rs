//! SDL: the schema files, read by apollo-compiler. With its two parts (`read`, `public`) the only file of `graph` that knows it.
//!
//! `parse` gives a valid schema or every mistake in it. `read` makes types and fields of the graph of it; `public` makes the
//! schema that one audience sees. Nothing of apollo-compiler leaves here but [`Sdl`], for the front end of `operation`.

mod public;
mod read;

pub(super) use public::public;
pub(super) use read::{Declared, Entity, Facts, Linked, Spoken, read};

pub(super) use apollo_compiler::Schema;

use super::problem::{File, Place, Problem, Problems, did_you_mean};
use apollo_compiler::Name;
use apollo_compiler::collections::HashMap;
use apollo_compiler::diagnostic::{Color, ToCliReport};
use apollo_compiler::parser::{Parser, SourceMap, SourceSpan};
use apollo_compiler::schema::{Implementers, SchemaBuilder};
use apollo_compiler::validation::{DiagnosticList, Valid};
use std::sync::Arc;

/// The gateway's own definitions; read unless a graph brings a `directives.graphql`.
pub(super) const DIRECTIVES: &str = include_str!("../../schema/graph/directives.graphql");

/// A valid schema as the front end of `operation` needs it.
#[derive(Debug)]
pub struct Sdl {
    pub schema: Valid<Schema>,
    pub implementers: HashMap<Name, Implementers>,
}

impl Sdl {
    fn new(schema: Valid<Schema>) -> Self {
        let implementers = schema.implementers_map();
        Self { schema, implementers }
    }

    /// Whether it has this field of an object type, or this argument of it.
    #[must_use]
    pub fn has(&self, of: &str, field: &str, argument: Option<&str>) -> bool {
        let Some(object) = self.schema.get_object(of) else { return false };
        let found = object.fields.get(field);
        found.is_some_and(|found| argument.is_none_or(|name| found.argument_by_name(name).is_some()))
    }

    /// What the schema says of a type.
    #[must_use]
    pub fn description(&self, name: &str) -> Option<&str> {
        self.schema.types.get(name)?.description().map(|said| &**said)
    }
}

/// Everything that is wrong with a schema.
pub(super) struct Broken {
    pub problems: Problems,
    /// What could be read of it.
    pub partial: Schema,
    /// Files of which something could not: what they say of a type may not be all.
    pub in_part: Vec<Arc<File>>,
}

/// All files as one schema, or everything that is wrong with it.
pub(super) fn parse(files: &[Arc<File>]) -> Result<Valid<Schema>, Box<Broken>> {
    let mut builder = SchemaBuilder::new();
    for file in files {
        Parser::new().parse_into_schema_builder(file.text.clone(), &file.path, &mut builder);
    }
    match builder.build() {
        Ok(schema) => schema.validate().map_err(|invalid| {
            let problems = problems(&invalid.errors, &invalid.partial, files);
            Box::new(Broken { problems, partial: invalid.partial, in_part: Vec::new() })
        }),
        Err(broken) => {
            // What could be built is validated too, so that nobody corrects one kind of mistake only to meet the next.
            let schema = broken.partial.clone();
            let mut found = problems(&broken.errors, &schema, files);
            let mut in_part: Vec<Arc<File>> = found.0.iter().map(|problem| Arc::clone(&problem.place.file)).collect();
            in_part.dedup();
            let syntax = broken.errors.iter().any(|diagnostic| diagnostic.error.to_string().starts_with("syntax"));
            if !syntax && let Err(invalid) = broken.partial.validate() {
                found.0.extend(problems(&invalid.errors, &schema, files).0);
            }
            Err(Box::new(Broken { problems: found, partial: schema, in_part }))
        }
    }
}

fn problems(found: &DiagnosticList, schema: &Schema, files: &[Arc<File>]) -> Problems {
    let mut problems = Problems::default();
    for diagnostic in found.iter() {
        let place = place(diagnostic.error.location(), diagnostic.sources, files);
        let message = diagnostic.error.to_string();
        let report = diagnostic.to_report(Color::Never).into_string();
        let help = report.lines().find_map(|line| line.split_once("Help: ")).map(|(_, help)| help.trim().to_owned());
        let value = missing_value(&message, schema);
        let hint = value.or_else(|| own_words(&message)).or_else(|| {
            missing_name(&message).and_then(|name| {
                let directives = schema.directive_definitions.keys().map(Name::as_str);
                did_you_mean(name, schema.types.keys().map(Name::as_str).chain(directives))
            })
        });
        problems.push(Problem::error(&place, message).with_hint_if(help).with_hint_if(hint));
    }
    problems
}

/// For `` value `X` does not exist on `E` ``, the values that do.
fn missing_value(message: &str, schema: &Schema) -> Option<String> {
    let mut quoted = message.strip_prefix("value ")?.split('`').skip(1).step_by(2);
    let (value, name) = (quoted.next()?, quoted.next()?);
    let values: Vec<&str> = schema.get_enum(name)?.values.keys().map(Name::as_str).collect();
    did_you_mean(value, values.iter().copied()).or_else(|| Some(format!("it is one of {}", values.join(", "))))
}

/// The two enums that a graph brings itself.
fn own_words(message: &str) -> Option<String> {
    let name = missing_name(message).filter(|name| ["AgencyKind", "DataClass"].contains(name))?;
    Some(format!("every graph has its own: write `enum {name} {{ … }}` in one of its files"))
}

/// The name that `` cannot find type `X` in this document `` speaks of.
fn missing_name(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("cannot find ")?;
    rest.split('`').nth(1).map(|name| name.trim_start_matches('@'))
}

/// Where apollo-compiler means, as a place of ours.
fn place(at: Option<SourceSpan>, sources: &SourceMap, files: &[Arc<File>]) -> Place {
    let Some(at) = at else {
        return files.first().map(Place::whole).unwrap_or_default();
    };
    let source = sources.get(&at.file_id());
    let file = source.and_then(|source| files.iter().find(|file| file.path == source.path()));
    file.map(|file| Place::new(file, at.offset()..at.end_offset())).unwrap_or_default()
}
