//! Page: GraphiQL, from the binary. `graphiql/recipe` builds the assets; nothing is fetched from elsewhere.

use super::Shared;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What the page may load and where it may connect: this origin only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Name, media type and gzipped content of each asset.
const ASSETS: [(&str, &str, &[u8]); 6] = [
    ("app.js", "text/javascript; charset=utf-8", include_bytes!("graphiql/assets/app.js.gz")),
    ("app.css", "text/css; charset=utf-8", include_bytes!("graphiql/assets/app.css.gz")),
    ("graphql.worker.js", "text/javascript; charset=utf-8", include_bytes!("graphiql/assets/graphql.worker.js.gz")),
    ("json.worker.js", "text/javascript; charset=utf-8", include_bytes!("graphiql/assets/json.worker.js.gz")),
    ("editor.worker.js", "text/javascript; charset=utf-8", include_bytes!("graphiql/assets/editor.worker.js.gz")),
    ("licenses.txt", "text/plain; charset=utf-8", include_bytes!("graphiql/assets/licenses.txt.gz")),
];

const INDEX: &[u8] = include_bytes!("graphiql/assets/index.html.gz");

/// `GET /`.
pub async fn index() -> Response {
    gzipped("text/html; charset=utf-8", INDEX)
}

/// `GET /graphiql/{file}`.
pub async fn asset(Path(file): Path<String>) -> Response {
    match ASSETS.iter().find(|(name, ..)| *name == file) {
        Some((_, kind, content)) => gzipped(kind, content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /graphiql/tabs.json`.
pub async fn tabs(State(shared): State<Shared>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, shared.tabs.to_string()).into_response()
}

/// `GET /graphiql/personas.json`; 404 where there are none.
pub async fn personas(State(shared): State<Shared>) -> Response {
    let Some(written) = &shared.personas.0 else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, written()).into_response()
}

/// Sent as it is stored: every browser that can run the page reads gzip.
fn gzipped(kind: &'static str, content: &'static [u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_ENCODING, "gzip"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, content).into_response()
}
