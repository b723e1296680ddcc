//! Headwaters: a federated GraphQL gateway.

pub mod demo;
pub mod error;
pub mod graph;
pub mod limits;
pub mod operation;
pub mod record;
pub mod request;
pub mod source;
