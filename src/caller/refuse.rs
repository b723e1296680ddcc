//! Refuse: why a caller is not believed, or not understood. No message repeats a token or a claim.

use crate::error::{Code, Error, Refusal};

/// A token that proves nothing.
pub(super) fn unauthenticated(message: &str, hint: &str) -> Refusal {
    Error::new(Code::Unauthenticated, message).hint(hint).into()
}

/// What is stated can't be read.
pub(super) fn bad(message: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Error::new(Code::BadRequest, message).hint(hint).into()
}
