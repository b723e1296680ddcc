//! HTTP: GraphQL over HTTP by its specification, forms over REST, and the pages for developers and for people.
//!
//! Every route stands in `router`, every bound on a connection in `serve`.

mod emergency;
mod forms;
mod graphql;
mod handed;
mod home;
mod media;
mod page;
mod patient;
mod prefill;
mod purge;
pub mod serve;

use self::serve::Peer;
use crate::caller::Callers;
use crate::gateway::Gateway;
use crate::observe;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use std::fmt;
use std::sync::Arc;

/// What the routes share.
#[derive(Debug, Clone)]
pub struct Shared {
    pub gateway: Arc<Gateway>,
    pub callers: Arc<Callers>,
    /// Query tabs that GraphiQL opens with, as JSON.
    pub tabs: Arc<str>,
    pub personas: Personas,
}

/// Whom GraphiQL offers to be: people of a demonstration, with tokens that are made when the page asks. Nobody elsewhere.
#[derive(Clone, Default)]
pub struct Personas(Option<Arc<dyn Fn() -> String + Send + Sync>>);

impl Personas {
    /// `written` gives them as JSON.
    pub fn new(written: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(written)))
    }
}

impl fmt::Debug for Personas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Personas(some)" } else { "Personas(none)" })
    }
}

/// Every route of the gateway.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/graphql", any(graphql::answer))
        .route("/break-glass", get(emergency::list).post(emergency::open))
        .route("/break-glass/{id}/approve", post(emergency::approve))
        .route("/break-glass/{id}/review", post(emergency::review))
        .route("/admin/purge", post(purge::purge))
        .route("/forms", get(forms::list))
        .route("/forms/{id}", get(forms::one))
        .route("/forms/{id}/prefill", get(forms::prefill))
        .route("/openapi.json", get(forms::openapi))
        .route("/prefill", get(prefill::start).post(prefill::step))
        .route("/prefill/style.css", get(prefill::style))
        .route("/", get(page::index))
        .route("/graphiql/tabs.json", get(page::tabs))
        .route("/graphiql/personas.json", get(page::personas))
        .route("/graphiql/{file}", get(page::asset))
        .route("/metrics", get(metrics))
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .with_state(shared)
}

/// What was counted, for a Prometheus that asks from this machine: nobody else's business, though nobody is in it.
async fn metrics(peer: Option<Extension<Peer>>) -> Response {
    let near = peer.is_some_and(|Extension(Peer(address))| address.to_canonical().is_loopback());
    match observe::exposition().filter(|_| near) {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Whether an answer could be given now: only what can be put on record is.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    if shared.gateway.ledger().is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the ledger can't be written\n")
    }
}
