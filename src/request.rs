//! Request: the body of a GraphQL-over-HTTP request, within the limits of size.
//!
//! It is well-formed JSON of the right members; the document in it is still text. No IO, no clock.

use crate::error::{Code, Error, Refusal};
use crate::limits::Limits;
use serde_json::{Map, Value};

/// What a client sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    pub document: String,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    pub extensions: Map<String, Value>,
    /// Sent by `GET`: only a query may run.
    pub safe: bool,
}
