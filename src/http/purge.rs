//! Purge: `POST /admin/purge` ends the copies that gateways keep. JSON in and out; who may is policy.

use super::Shared;
use super::emergency::{answer, asked};
use super::graphql::Refused;
use super::media::Media;
use crate::error::{Code, Error, Refusal};
use crate::gateway::{Arrival, NotPurged, Purge};
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
        _ => {
            let hint = "send { \"source\": … }, or { \"type\": …, \"key\": … }";
            return refused(StatusCode::BAD_REQUEST, Code::BadRequest, "the body names nothing, or two things", hint);
        }
    };
    match shared.gateway.purge(&caller, &what, arrival).await {
        Ok(purged) => {
            let purged = purged.iter().map(|one| Of { source: &one.source, entries: one.entries }).collect();
            answer(StatusCode::OK, &Done { purged })
        }
        Err(why) => {
            let (status, code, message, hint) = told(&why);
            refused(status, code, message, hint)
        }
    }
}

const fn told(why: &NotPurged) -> (StatusCode, Code, &'static str, &'static str) {
    match why {
        NotPurged::Forbidden => (
            StatusCode::FORBIDDEN,
            Code::Forbidden,
            "you may not end copies of this",
            "policy says who may: an owner its own, with a purpose and a reason",
        ),
        NotPurged::Unknown => (
            StatusCode::NOT_FOUND,
            Code::BadRequest,
            "there is no source or type of that name",
            "sources are named as in `extensions.sources`, types as in the schema",
        ),
        NotPurged::NotRecorded => (
            StatusCode::SERVICE_UNAVAILABLE,
            Code::LedgerUnavailable,
            "it could not be put on record, so it is not certain that anything was removed",
            "ask again in a moment",
        ),
        NotPurged::NotTold => (
            StatusCode::SERVICE_UNAVAILABLE,
            Code::SourceUnavailable,
            "the store could not be told, so other gateways may keep what they have",
            "ask again in a moment",
        ),
    }
}

fn refused(status: StatusCode, code: Code, message: &'static str, hint: &'static str) -> Response {
    let refusal = Refusal::from(Error::new(code, message).hint(hint));
    Refused { refusal, status: Some(status) }.response(Media::Response)
}
