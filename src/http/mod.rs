//! HTTP: GraphQL over HTTP by its specification, and the page for developers.
//!
//! Every route stands in `router`, every bound on a connection in `serve`.

mod graphql;
mod home;
mod media;
mod page;
mod patient;
pub mod serve;

use crate::caller::Caller;
use crate::gateway::Gateway;
use axum::Router;
use axum::routing::{any, get};
use std::sync::Arc;

/// What the routes share.
#[derive(Debug, Clone)]
pub struct Shared {
    pub gateway: Arc<Gateway>,
    /// Who asks, until callers prove who they are.
    pub caller: Caller,
    /// Query tabs that GraphiQL opens with, as JSON.
    pub tabs: Arc<str>,
}

/// Every route of the gateway.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/graphql", any(graphql::answer))
        .route("/", get(page::index))
        .route("/graphiql/tabs.json", get(page::tabs))
        .route("/graphiql/{file}", get(page::asset))
        .route("/health/live", get(|| async { "live\n" }))
        .with_state(shared)
}
