//! Print: an operation as a tree that a person can read.

use super::Operation;
use crate::graph::Graph;

#[must_use]
pub fn print(_graph: &Graph, _operation: &Operation) -> String {
    String::new()
}
