//! Policy: may this caller have this?
//!
//! Acts twice: `permit` on the operation, before anything is fetched, and `admit` on each record as it arrives, before its keys
//! feed a further fetch. Only `permit` makes a `Permitted`, which is all that a plan can be built from; only `admit` makes a
//! `Disclosed`, which is all that a response can be written from.
//!
//! Policies are Cedar's, over the words of the graph (`vocabulary`, `schema`). `cedar` evaluates them once for each type, verb and class of
//! an operation; what then still depends on the record is a `rule` over its facts. `outcome` says what becomes of it all.
//!
//! What a source gave can't be written as it is:
//! ```compile_fail,E0277
//! fn written(raw: &headwaters::record::Raw) -> String { serde_json::to_string(raw).unwrap_or_default() }
//! ```
//! Nobody but `admit` makes records that can be:
//! ```compile_fail,E0451
//! fn disclosed(raw: std::sync::Arc<headwaters::record::Raw>) -> headwaters::policy::Disclosed {
//!     headwaters::policy::Disclosed { raw, verdicts: None, subjects: Default::default() }
//! }
//! ```
//! Nobody but `permit` makes what a plan can be built from:
//! ```compile_fail,E0451
//! fn permitted(known: headwaters::policy::Permitted, operation: headwaters::operation::Operation) -> headwaters::policy::Permitted {
//!     headwaters::policy::Permitted { operation, ..known }
//! }
//! ```
//! And a plan can be built from nothing less:
//! ```compile_fail,E0308
//! fn plan(graph: &headwaters::graph::Graph, operation: &headwaters::operation::Operation) -> headwaters::plan::Plan {
//!     headwaters::plan::build(graph, operation)
//! }
//! ```

mod acts;
mod admit;
mod asking;
mod book;
mod cedar;
mod check;
mod decide;
mod decisions;
mod disclosed;
pub mod explain;
mod files;
mod known;
mod loopback;
pub mod matrix;
mod numbers;
mod outcome;
mod permit;
mod policies;
mod precedents;
mod record;
mod rule;
mod sayings;
mod schema;
mod vocabulary;

pub use acts::{Act, Copies, Emergency};
pub use admit::admit;
pub use asking::Asking;
pub use book::{Book, Lacking};
pub use cedar::Cited;
pub use check::check;
pub use decisions::{Decision, Decisions, FactFrom, LaneId, Told, targets};
pub use disclosed::{Allowed, Disclosed};
pub use files::{Agreement, Folder, Tables};
pub use known::{Known, Loss, Lost, Subjects, Value};
pub use loopback::Loopback;
pub use outcome::Outcome;
pub use permit::{Permitted, permit};
pub use policies::Policies;
pub use rule::{Facts, Said, Scalar};
pub use schema::{PURPOSES, acts_text, text as schema_text};
pub use vocabulary::{ClassId, Resource, Verb, Vocabulary, Word};

#[cfg(test)]
mod tests;
