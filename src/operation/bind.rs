//! Bind: from a request to an operation.

use super::arguments::{Literals, arguments};
use super::coerce::Variables;
use super::documents::{Document, Prepared, sdl};
use super::frontend::{Name, OperationType};
use super::{Documents, Operation, coerce, contested, demands, introspection};
use crate::error::{Code, Error, Refusal};
use crate::graph::sdl::Sdl;
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use crate::request::Request;

/// Checks a request against the graph as the view's audience sees it.
///
/// # Errors
/// `PARSE`, `INVALID`, `VARIABLE`, `LIMIT`, `BAD_REQUEST` where no operation, or none of that name, is in the document, and
/// `METHOD_NOT_ALLOWED` where the method allows a query only.
pub fn bind(
    documents: &Documents,
    graph: &Graph,
    view: ViewId,
    request: &Request,
    limits: &Limits,
) -> Result<Operation, Refusal> {
    let sdl = sdl(graph, view)?;
    let document = documents.document(graph, view, &request.document, limits)?;
    let operation = choose(&document, request.operation_name.as_deref())?;
    serve(operation, request.safe, sdl.schema.schema_definition.mutation.is_some())?;
    let variables = variables(sdl, &document, operation, request, limits)?;
    let flat = documents.flat(graph, sdl, (&document, operation), &variables, limits)?;
    let literals = Literals { schema: &sdl.schema, variables: Some(&variables), depth_max: limits.document_depth_max };
    let mut arguments = arguments(&document.parsed, &flat.calls, literals);
    contested::read((graph, sdl), &flat.tree, &mut arguments)?;
    demands::check(graph, &flat.tree, &arguments)?;
    let introspection = introspection::answers(documents, sdl, (&document, operation), &flat, &variables, limits)?;
    Ok(Operation { tree: flat.tree.clone(), arguments, introspection })
}

/// `GetOperation` of the specification.
fn choose<'a>(document: &'a Document, name: Option<&str>) -> Result<&'a Prepared, Refusal> {
    let of = |operation: &'a Prepared| operation.definition.name.as_ref().map(Name::as_str);
    let chosen = match (name, document.operations.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), operations) => operations.iter().find(|operation| of(operation) == Some(name)),
    };
    chosen.ok_or_else(|| {
        const NAMES_MAX: usize = 20;
        let names: Vec<_> = document.operations.iter().filter_map(of).take(NAMES_MAX).collect();
        let message = match name {
            Some(name) => format!("there is no operation `{}` in the document", super::scalar::shown(&name)),
            None if document.operations.is_empty() => "there is no operation in the document".to_owned(),
            None => "the document has several operations and the request names none".to_owned(),
        };
        let error = Error::new(Code::BadRequest, message);
        if names.is_empty() {
            error.into()
        } else {
            error.hint(format!("`operationName` may be {}", names.join(", "))).into()
        }
    })
}

/// `mutable`: whether whoever asks may ever ask for a mutation.
fn serve(operation: &Prepared, safe: bool, mutable: bool) -> Result<(), Refusal> {
    match operation.definition.operation_type {
        OperationType::Query => Ok(()),
        OperationType::Mutation if !safe && mutable => Ok(()),
        OperationType::Mutation if !safe => Err(Refusal::new(Code::Invalid, "mutations are not served")),
        OperationType::Mutation => Err(Error::new(Code::MethodNotAllowed, "a mutation can't be sent by `GET`").into()),
        OperationType::Subscription => Err(Refusal::new(Code::Invalid, "subscriptions are not served")),
    }
}

fn variables<'a>(
    sdl: &Sdl,
    document: &Document,
    operation: &'a Prepared,
    request: &'a Request,
    limits: &Limits,
) -> Result<Variables<'a>, Refusal> {
    let definitions = &operation.definition.variables;
    let place = |span| document.parsed.location(span);
    let variables = coerce::variables(&sdl.schema, definitions, &request.variables, limits, place)?;
    // A default lets a nullable variable stand in a condition, and a client may then send null for it.
    match operation.switches.iter().find(|name| variables.get(name.as_str()).is_some_and(|value| value.is_null())) {
        Some(name) => {
            let message = format!("variable `${name}` is null: `@skip` and `@include` require a value");
            Err(Refusal::new(Code::Variable, message))
        }
        None => Ok(variables),
    }
}
