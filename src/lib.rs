//! Headwaters: a federated GraphQL gateway for criminal-justice data.
//!
//! ```text
//! LOAD (at the start)
//!   schema/graph/*.graphql ─┐
//!   resolvers/*.toml       ─┴─ read ─> as written ─ link ─> Graph   (or all problems at once)
//!
//! ANSWER (each request)
//!   http ─> Request ─bind─> Operation ─permit─> Permitted ─build─> Plan ─run─> Results ─write─> Written ─> http
//!                Graph            Policies + Caller             Sources
//! ```
//!
//! The modules stand below in reading order. [`gateway`] shows all stages in one function. A module may import only what
//! `tests/tidy.rs` allows. `docs/architecture.md` has the code map and the invariants.

// Futures of sqlx lie deep within those of a request, and the compiler asks of each part whether it may move to another thread.

/// The stages, in order.
pub mod gateway;

/// What may be asked and where it comes from, as meant.
pub mod graph;

/// What a client sent.
pub mod request;

/// Who asks.
pub mod caller;

/// Who asks, in plain words.
pub mod viewer;

/// What is asked, checked against the graph.
pub mod operation;

/// What people of agencies ask, as checked queries.
pub mod story;

/// Agencies' forms, mapped onto the graph.
pub mod form;

/// Beyond a guardrail, with a consequence.
pub mod emergency;

/// May this caller have this?
pub mod policy;

/// The least set of fetches.
pub mod plan;

/// Runs a plan.
pub mod execute;

/// Anything that records come from.
pub mod source;

/// The answer as bytes.
pub mod response;

/// Every disclosure on record before it leaves.
pub mod ledger;

/// Records as positional cells.
pub mod record;

/// Texts that only this process can make and read.
pub mod seal;

/// The codes of everything that can be refused or fail.
pub mod error;

/// Every bound, written once.
pub mod limits;

/// What the gateway tells its keepers.
pub mod observe;

/// What the gateway itself knows, as one more source.
pub mod native;

/// Forms, filled from what is known.
pub mod prefill;

/// Routes, media types, the accept loop, GraphiQL.
pub mod http;

/// What the operator sets.
pub mod config;

/// What the program does.
pub mod command;

/// An invented world and the agencies that serve it.
pub mod demo;
