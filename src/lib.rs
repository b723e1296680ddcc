//! Headwaters: a federated GraphQL gateway.

pub mod caller;
pub mod command;
pub mod config;
pub mod demo;
pub mod error;
pub mod execute;
pub mod gateway;
pub mod graph;
pub mod http;
pub mod limits;
pub mod native;
pub mod observe;
pub mod operation;
pub mod plan;
pub mod policy;
pub mod record;
pub mod request;
pub mod response;
pub mod source;
