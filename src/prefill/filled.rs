//! Filled: a form with what is known of its fields, as REST and pages have it and `native` describes it.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilledForm {
    pub id: Arc<str>,
    pub title: Arc<str>,
    pub owner: Arc<str>,
    pub version: Arc<str>,
    pub note: Option<Arc<str>>,
    /// What it is filled for: `booking`.
    pub target: Arc<str>,
    /// RFC 3339, in UTC.
    pub filled_at: String,
    pub blocks: Vec<FilledBlock>,
    pub summary: Summary,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilledBlock {
    pub title: Arc<str>,
    pub note: Option<Arc<str>>,
    pub in_rows: bool,
    /// How many rows there are; 0 where the block has none.
    pub rows: usize,
    /// Row by row.
    pub fields: Vec<FilledField>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilledField {
    pub id: Arc<str>,
    pub label: Arc<str>,
    /// From 1; `None` outside rows, and in a block whose list is empty or not known.
    pub row: Option<usize>,
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    pub required: bool,
    /// Who types it, where it is never in the graph.
    pub typed_by: Option<Arc<str>>,
    pub value: Option<String>,
    /// The value in the form's own codes.
    pub code: Option<String>,
    pub state: State,
    /// Of a conflict: what else is said.
    pub others: Vec<Other>,
    pub provenance: Vec<Origin>,
}

/// What is to be done about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Nothing.
    Prefilled,
    /// Look at the value: the form says so, or it is old, or a part of it could not be asked for.
    Confirm,
    /// Type it.
    Type,
    /// Type it: whoever asks may not have it of anybody.
    NotPermitted,
    /// Type it, or ask again: its source could not be asked.
    Unavailable,
    /// Choose: two sources differ.
    Conflict,
}

/// Another value for the same field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Other {
    pub value: String,
    pub provenance: Vec<Origin>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The source's name, and what people call it.
    pub source: Arc<str>,
    pub title: Arc<str>,
    /// ORI of the agency whose record it is.
    pub owner: Option<Arc<str>>,
    /// The source's own time of the record, where it says one.
    pub as_of: Option<String>,
    pub mode: Arc<str>,
}

/// How many fields there are, and in which states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub fields: u32,
    pub prefilled: u32,
    pub confirm: u32,
    #[serde(rename = "type")]
    pub to_type: u32,
    pub not_permitted: u32,
    pub unavailable: u32,
    pub conflict: u32,
}

impl Summary {
    pub(super) fn of<'a>(fields: impl Iterator<Item = &'a FilledField>) -> Self {
        let mut summary = Self::default();
        for field in fields {
            summary.fields += 1;
            *match field.state {
                State::Prefilled => &mut summary.prefilled,
                State::Confirm => &mut summary.confirm,
                State::Type => &mut summary.to_type,
                State::NotPermitted => &mut summary.not_permitted,
                State::Unavailable => &mut summary.unavailable,
                State::Conflict => &mut summary.conflict,
            } += 1;
        }
        summary
    }

    /// Fields that nobody needs to type.
    #[must_use]
    pub const fn saved(&self) -> u32 {
        self.prefilled + self.confirm
    }
}
