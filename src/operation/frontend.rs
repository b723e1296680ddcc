//! Front end: from text to a valid document. The only file of `operation` that names apollo-compiler.
//!
//! A document is scanned, parsed, expanded in number, validated against the schema of a view, and held against the rules
//! that the compiler leaves out, in this order: each step is cheap because the one before it has bounded its input.

use super::coerce::Variables;
use super::expand;
use super::hints;
use super::lines::Lines;
use super::rules;
use super::scan::scan;
use crate::error::{Code, Error, Location, Refusal};
use crate::graph::sdl::Sdl;
use crate::limits::Limits;
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::introspection::{check_max_depth, partial_execute};
use apollo_compiler::parser::Parser;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::{DiagnosticList, Valid};
use serde_json::Value;

pub(super) use apollo_compiler::ast::{
    Definition as WrittenDefinition, Document as WrittenDocument, InputValueDefinition, OperationType,
    Selection as WrittenSelection, Type, Value as Literal, VariableDefinition,
};
pub(super) use apollo_compiler::executable::{
    DirectiveList, ExecutableDocument, Field, Operation as Definition, Selection, SelectionSet,
};
pub(super) use apollo_compiler::parser::SourceSpan;
pub(super) use apollo_compiler::schema::{ExtendedType, FieldDefinition};
pub(super) use apollo_compiler::{Name, Node, Schema};

/// A document that is valid for the view it was read for.
#[derive(Debug)]
pub(super) struct Parsed {
    pub document: Valid<ExecutableDocument>,
    pub lines: Lines,
}

impl Parsed {
    pub(super) fn location(&self, span: Option<SourceSpan>) -> Option<Location> {
        span.map(|span| self.lines.location(span.offset()))
    }
}

/// # Errors
/// `LIMIT`, `PARSE` or `INVALID`, with every mistake found at the first step that finds any.
pub(super) fn parse(text: &str, sdl: &Sdl, limits: &Limits) -> Result<Parsed, Refusal> {
    scan(text, limits)?;
    // Both limits stand behind the scan's: the parser counts blanks and commas as tokens, and its own idea of depth.
    let mut parser = Parser::new()
        .token_limit(limits.document_tokens_max.saturating_mul(4))
        .recursion_limit(limits.document_depth_max.saturating_add(1));
    let lines = Lines::of(text);
    let written = parser.parse_ast(text, "").map_err(|failed| refusal(&failed.errors, &lines, &sdl.schema, limits))?;
    expand::check_written(&written, &lines, limits)?;
    let document = written.to_executable_validate(&sdl.schema).map_err(|failed| {
        let refused = refusal(&failed.errors, &lines, &sdl.schema, limits);
        let held = hints::with_selections(&written, &lines);
        let follows = |error: &Error| error.message == EMPTY && error.locations.iter().any(|at| held.contains(at));
        let errors = refused.errors().iter().filter(|error| !follows(error)).cloned().collect();
        Refusal::of(errors).unwrap_or(refused)
    })?;
    let parsed = Parsed { document, lines };
    let errors = rules::check(&sdl.schema, &parsed, limits);
    Refusal::of(errors).map_or(Ok(parsed), Err)
}

/// The compiler's words for a field without the selections that it needs.
const EMPTY: &str = "interface, union and object types must have a subselection set";

/// The compiler's diagnostics as a refusal. Limits come first: what follows a limit is noise. So does what follows a
/// mistake of syntax.
fn refusal(list: &DiagnosticList, lines: &Lines, schema: &Schema, limits: &Limits) -> Refusal {
    let mut errors: Vec<Error> = list
        .iter()
        .take(limits.errors_max)
        .map(|diagnostic| {
            let (message, name) = (diagnostic.error.to_string(), diagnostic.error.unstable_error_name());
            let code = match name {
                Some("RecursionError" | "RecursionLimitError" | "DeeplyNestedType") => Code::Limit,
                Some(_) => Code::Invalid,
                None if message.starts_with("syntax error") => Code::Parse,
                None => Code::Limit,
            };
            let mut error = Error::new(code, readable(&message));
            error.hint = name.and_then(|name| hints::hint(name, &message, schema)).map(Into::into);
            // By our own lines: the compiler would copy the document to count its own.
            error.locations = diagnostic.error.location().map(|at| lines.location(at.offset())).into_iter().collect();
            error
        })
        .collect();
    for code in [Code::Limit, Code::Parse] {
        if errors.iter().any(|error| error.code == code) {
            errors.retain(|error| error.code == code);
            break;
        }
    }
    Refusal::of(errors).unwrap_or_else(|| Refusal::new(Code::Internal, "the document is invalid for no reason given"))
}

/// A message in our style, of bounded length: some repeat a literal of the document.
fn readable(message: &str) -> String {
    const LENGTH_MAX: usize = 300;
    let message = message.trim_end_matches('.');
    match message.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

/// The answers to `__schema` and `__type` at the root of a query, as JSON by response key.
///
/// # Errors
/// `LIMIT` where lists of the introspection schema nest too deep: answers grow by a power with that.
pub(super) fn introspect(
    parsed: &Parsed,
    operation: &Definition,
    sdl: &Sdl,
    variables: &Variables<'_>,
) -> Result<Vec<(String, String)>, Refusal> {
    check_max_depth(&parsed.document, operation).map_err(|_| {
        Error::new(Code::Limit, "introspection is nested too deep")
            .hint("lists of fields, interfaces, possible types and input fields may nest two deep")
    })?;
    let variables: JsonMap =
        variables.iter().map(|(name, value)| ((*name).into(), Value::clone(value).into())).collect();
    let variables = Valid::assume_valid(variables);
    let answer = partial_execute(&sdl.schema, &sdl.implementers, &parsed.document, operation, &variables)
        .map_err(|_| Refusal::new(Code::Internal, "introspection could not be answered"))?;
    let data = answer.data.unwrap_or_default();
    let text = |value| serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    Ok(data.iter().map(|(key, value)| (key.as_str().to_owned(), text(value))).collect())
}
