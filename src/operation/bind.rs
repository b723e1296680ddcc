//! Bind: from a request to an operation.

use super::{Documents, Operation};
use crate::error::Refusal;
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use crate::request::Request;

/// Checks a request against the graph as the view's audience sees it.
///
/// # Errors
/// `PARSE`, `INVALID`, `VARIABLE`, `LIMIT`, or `BAD_REQUEST` where no operation, or none of that name, is in the document.
pub fn bind(
    _documents: &Documents,
    _graph: &Graph,
    _view: ViewId,
    _request: &Request,
    _limits: &Limits,
) -> Result<Operation, Refusal> {
    Err(Refusal::new(crate::error::Code::Internal, "to be written"))
}
