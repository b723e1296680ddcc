//! Form: agencies' forms, and one that is filled.
//!
//! What a filled form says is put together by the gateway, which asks for all that a form asks for in one operation; here it is only described.

use async_graphql::{Enum, ID, InputObject, SimpleObject};

/// An agency's form, mapped onto the graph.
#[derive(Debug, Clone, SimpleObject)]
pub struct Form {
    /// What it goes by.
    pub id: ID,
    pub title: String,
    /// Whose form it is.
    pub owner: String,
    pub version: String,
    /// The purpose of use that filling it serves.
    pub purpose: String,
    /// What whoever fills it should know.
    pub note: Option<String>,
    /// What it can be filled for: arguments of `prefill`.
    pub targets: Vec<String>,
    pub blocks: Vec<FormBlock>,
}

/// Fields of a form that stand together.
#[derive(Debug, Clone, SimpleObject)]
pub struct FormBlock {
    pub title: String,
    pub note: Option<String>,
    /// Its fields are columns, and there is a row for each element of a list.
    pub in_rows: bool,
    pub fields: Vec<FormField>,
}

/// A field of a form.
#[derive(Debug, Clone, SimpleObject)]
pub struct FormField {
    /// Its name within the form.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// text, date, datetime, number, money, yes-no or code.
    #[graphql(name = "type")]
    pub kind: String,
    pub required: bool,
    /// Whoever fills the form looks at the value before it counts.
    pub confirm: bool,
    /// Who types it, where it is never in the graph.
    pub typed_by: Option<String>,
}

/// A stay in a jail, as the graph's own files define it.
#[derive(Debug, Clone, InputObject)]
#[graphql(name = "BookingRef")]
pub struct BookingRef {
    pub facility: ID,
    pub number: ID,
}

/// A form with what is known of its fields.
#[derive(Debug, Clone, SimpleObject)]
pub struct FilledForm {
    pub id: ID,
    pub title: String,
    /// Whose form it is.
    pub owner: String,
    pub version: String,
    pub note: Option<String>,
    /// What it is filled for: the argument of `prefill`.
    pub target: String,
    /// RFC 3339, in UTC.
    pub filled_at: String,
    pub blocks: Vec<FilledBlock>,
    pub summary: FillSummary,
}

/// Fields that stand together.
#[derive(Debug, Clone, SimpleObject)]
pub struct FilledBlock {
    pub title: String,
    pub note: Option<String>,
    pub in_rows: bool,
    /// How many rows there are; 0 where the block has none.
    pub rows: i32,
    /// Row by row.
    pub fields: Vec<FilledField>,
}

/// A field with what is known of it.
#[derive(Debug, Clone, SimpleObject)]
pub struct FilledField {
    /// Its name within the form.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// From 1; null outside rows, and where there are none.
    pub row: Option<i32>,
    /// text, date, datetime, number, money, yes-no or code.
    #[graphql(name = "type")]
    pub kind: String,
    pub required: bool,
    /// Who types it, where it is never in the graph.
    pub typed_by: Option<String>,
    /// Several values have `; ` between them.
    pub value: Option<String>,
    /// The value in the form's own codes.
    pub code: Option<String>,
    pub state: FieldState,
    /// Of a conflict: what else is said.
    pub others: Vec<OtherValue>,
    /// Where the value came from.
    pub provenance: Vec<FilledFrom>,
}

/// What is to be done about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FieldState {
    /// Nothing.
    Prefilled,
    /// Look at the value: the form says so, or it is old, or a part of it could not be asked for.
    Confirm,
    /// Type it.
    Type,
    /// Type it: you may not have it of anybody.
    NotPermitted,
    /// Type it, or ask again: its source could not be asked.
    Unavailable,
    /// Choose: sources differ.
    Conflict,
}

/// Another value for the same field.
#[derive(Debug, Clone, SimpleObject)]
pub struct OtherValue {
    pub value: String,
    pub provenance: Vec<FilledFrom>,
}

/// Where a value came from.
#[derive(Debug, Clone, SimpleObject)]
pub struct FilledFrom {
    /// The source's name.
    pub source: String,
    /// What people call it.
    pub title: String,
    /// ORI of the agency whose record it is.
    pub owner: Option<String>,
    /// The source's own time of the record, where it says one.
    pub as_of: Option<String>,
    /// GOLDEN, LIVE, CACHED, STALE or FALLBACK.
    pub mode: String,
}

/// How many fields there are, and in which states.
#[derive(Debug, Clone, SimpleObject)]
pub struct FillSummary {
    pub fields: i32,
    pub prefilled: i32,
    pub confirm: i32,
    #[graphql(name = "type")]
    pub to_type: i32,
    pub not_permitted: i32,
    pub unavailable: i32,
    pub conflict: i32,
}

/// Tells what prefilled forms have saved. `gateway` does.
pub trait Savings: Send + Sync {
    /// Of the months from one to another, `2026-11`, both included.
    fn savings(&self, from: &str, to: &str, by: SavingsBy) -> Vec<Saving>;
}

/// What savings are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum SavingsBy {
    Form,
    /// ORI of whoever filled them.
    Agency,
    Month,
}

/// Fields that nobody had to type, counted without a person.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Saving {
    /// The form's id, the agency's ORI, or the month.
    pub of: String,
    /// Forms that were filled.
    pub forms: i32,
    /// Their fields.
    pub fields: i32,
    /// Of them with a value that counts as it is.
    pub prefilled: i32,
    /// Of them with a value to look at.
    pub confirm: i32,
    /// Of them that nobody had to type: both.
    pub saved: i32,
}
