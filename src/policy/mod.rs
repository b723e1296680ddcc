//! Policy: may this caller have this?
//!
//! Acts twice: `permit` on the operation, before anything is fetched, and `admit` on each record as it arrives, before its keys
//! feed a further fetch. Only `permit` makes a `Permitted`, which is all that a plan can be built from; only `admit` makes a
//! `Disclosed`, which is all that a response can be written from.
//!
//! Policies are Cedar's, over the words of the graph (`vocabulary`, `schema`). `cedar` evaluates them once for each type, verb and class of
//! an operation; what then still depends on the record is a `rule` over its facts. `outcome` says what becomes of it all.

mod admit;
mod asking;
mod book;
mod cedar;
mod check;
mod decisions;
mod files;
mod loopback;
mod outcome;
mod permit;
mod policies;
mod record;
mod rule;
mod schema;
mod vocabulary;

pub use admit::{Closed, Disclosed, admit};
pub use asking::Asking;
pub use book::{Book, Lacking};
pub use cedar::Cited;
pub use check::check;
pub use decisions::{Decision, Decisions, LaneId, Told};
pub use files::{Agreement, Folder, Tables};
pub use loopback::Loopback;
pub use outcome::Outcome;
pub use permit::{Permitted, permit};
pub use policies::Policies;
pub use rule::{Facts, Said, Scalar};
pub use schema::{PURPOSES, text as schema_text};
pub use vocabulary::{ClassId, Resource, Verb, Vocabulary, Word};

#[cfg(test)]
mod tests;
