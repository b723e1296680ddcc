//! Purge: `POST /admin/purge` ends the copies that gateways keep. JSON in and out; who may is policy.

use super::Shared;
use super::emergency::{answer, asked};
use super::graphql::Refused;
use super::media::Media;
use crate::error::{Error, Refusal};
use crate::gateway::{Arrival, NotPurged, Purge, not_purged};
use axum::extract::{self, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What it takes: `{ "source": "county-jail" }`, or a record, `{ "type": "Person", "key": "…" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    source: Option<Arc<str>>,
    #[serde(rename = "type")]
    of: Option<Arc<str>>,
    key: Option<Arc<str>>,
}

#[derive(Serialize)]
struct Done<'a> {
    purged: Vec<Of<'a>>,
}

#[derive(Serialize)]
struct Of<'a> {
    source: &'a str,
    /// Keys of which something was kept by this gateway.
    entries: u64,
}

/// `POST /admin/purge`
pub async fn purge(State(shared): State<Shared>, request: extract::Request) -> Response {
    let arrival = Arrival::now();
    let (caller, named): (_, Named) = match asked(&shared, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let what = match named {
        Named { source: Some(source), of: None, key: None } => Purge::Source(source),
        Named { source: None, of: Some(of), key: Some(key) } => Purge::Record { of, key },
        _ => return refused(NotPurged::Unclear),
    };
    match shared.gateway.purge(&caller, &what, arrival).await {
        Ok(purged) => {
            let purged = purged.iter().map(|one| Of { source: &one.source, entries: one.entries }).collect();
            answer(StatusCode::OK, &Done { purged })
        }
        Err(why) => refused(why),
    }
}

fn refused(why: NotPurged) -> Response {
    let status = match why {
        NotPurged::Unclear => StatusCode::BAD_REQUEST,
        NotPurged::Forbidden => StatusCode::FORBIDDEN,
        NotPurged::Unknown => StatusCode::NOT_FOUND,
        NotPurged::NotRecorded | NotPurged::NotTold => StatusCode::SERVICE_UNAVAILABLE,
    };
    let (code, message, hint) = not_purged(why);
    let refusal = Refusal::from(Error::new(code, message).hint(hint));
    Refused { refusal, status: Some(status) }.response(Media::Response)
}
