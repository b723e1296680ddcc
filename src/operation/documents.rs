//! Documents: parsed, validated and flattened documents, kept by their text.

use crate::limits::Limits;

#[derive(Debug)]
pub struct Documents {}

impl Documents {
    #[must_use]
    pub fn new(_limits: &Limits) -> Self {
        Self {}
    }
}
