//! Emergency: to open one, to approve and to review somebody's, and to see them. JSON in and out; who may is policy.

use super::Shared;
use super::graphql::{Refused, challenge, identify, respond, whole};
use super::media::{Media, is_json};
use crate::caller::Caller;
use crate::emergency::{Ask, Emergency, Finding, Party, Refused as Why};
use crate::error::{Code, Error, Refusal};
use crate::gateway::{Arrival, Undone};
use crate::request::Request;
use axum::body::Body;
use axum::extract::{self, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// What `POST /break-glass` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    subject: Arc<str>,
    incident: Arc<str>,
    reason: Arc<str>,
}

/// What `POST /break-glass/{id}/review` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reviewing {
    finding: Finding,
    #[serde(default)]
    note: Arc<str>,
}

/// An emergency as it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    id: &'a str,
    state: &'static str,
    subject: &'a str,
    incident: &'a str,
    reason: &'a str,
    opened_by: &'a Party,
    opened_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<&'a Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<Reviewed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reviewed<'a> {
    by: &'a Party,
    at: String,
    finding: Finding,
    note: &'a str,
}

#[derive(Serialize)]
struct All<'a> {
    emergencies: Vec<Told<'a>>,
}

/// `GET /break-glass`: one's own, and those that one watches over.
pub async fn list(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let arrival = Arrival::now();
    let caller = match known(&shared, &headers).await {
        Ok(caller) => caller,
        Err(refused) => return refused,
    };
    match shared.gateway.emergencies(&caller, arrival).await {
        Ok(all) => {
            let emergencies = all.iter().map(|one| told(one, arrival.at)).collect();
            answer(StatusCode::OK, &All { emergencies })
        }
        Err(undone) => done(StatusCode::OK, Err(undone), arrival),
    }
}

/// `POST /break-glass`
pub async fn open(State(shared): State<Shared>, request: extract::Request) -> Response {
    let arrival = Arrival::now();
    let (caller, Opening { subject, incident, reason }) = match asked(&shared, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let ask = Ask { subject, incident, reason };
    done(StatusCode::CREATED, shared.gateway.open_emergency(&caller, ask, arrival).await, arrival)
}

/// `POST /break-glass/{id}/approve`
pub async fn approve(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let arrival = Arrival::now();
    match known(&shared, &headers).await {
        Ok(caller) => done(StatusCode::OK, shared.gateway.approve_emergency(&caller, &id, arrival).await, arrival),
        Err(refused) => refused,
    }
}

/// `POST /break-glass/{id}/review`
pub async fn review(State(shared): State<Shared>, Path(id): Path<String>, request: extract::Request) -> Response {
    let arrival = Arrival::now();
    let (caller, Reviewing { finding, note }) = match asked(&shared, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let reviewed = shared.gateway.review_emergency(&caller, &id, (finding, note), arrival).await;
    done(StatusCode::OK, reviewed, arrival)
}

/// Whoever asks, who must have a token: the public has no emergencies.
async fn known(shared: &Shared, headers: &HeaderMap) -> Result<Caller, Response> {
    let refused = |refusal| challenge(Refused::of(refusal).response(Media::Response), headers);
    if !headers.contains_key(header::AUTHORIZATION) {
        let error = Error::new(Code::Unauthenticated, "there is no token");
        return Err(refused(error.hint("send `Authorization: Bearer TOKEN`").into()));
    }
    identify(shared, headers, &Request::default()).await.map_err(refused)
}

/// Whoever asks, and what the body says.
pub(super) async fn asked<T: DeserializeOwned>(
    shared: &Shared,
    request: extract::Request<Body>,
) -> Result<(Caller, T), Response> {
    let (head, body) = request.into_parts();
    let caller = known(shared, &head.headers).await?;
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let refused = |status, code, message: &str| Refused::with(status, code, message).response(Media::Response);
    if !is_json(kind) {
        let message = "the body must be application/json in utf-8";
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message));
    }
    let limits = shared.gateway.limits();
    let wait = Duration::from_millis(limits.client_ms_max);
    let mut body = body.into_data_stream();
    let whole = tokio::time::timeout(wait, whole(&mut body, limits.request_bytes_max)).await;
    let Ok(Some(bytes)) = whole else {
        let message = format!("the body must come whole, in time, and be at most {} bytes", limits.request_bytes_max);
        return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, Code::Limit, &message));
    };
    let said = serde_json::from_slice(&bytes).map_err(|error| {
        // Its text names members of ours, and repeats only what was sent.
        refused(StatusCode::BAD_REQUEST, Code::BadRequest, &format!("the body is not what it should be: {error}"))
    })?;
    Ok((caller, said))
}

fn done(status: StatusCode, outcome: Result<Arc<Emergency>, Undone>, arrival: Arrival) -> Response {
    match outcome {
        Ok(emergency) => answer(status, &told(&emergency, arrival.at)),
        Err(undone) => {
            let (status, message, hint) = why(&undone);
            let refusal = Refusal::from(Error::new(undone.code(), message).hint(hint));
            Refused { refusal, status: Some(status) }.response(Media::Response)
        }
    }
}

fn why(undone: &Undone) -> (StatusCode, String, &'static str) {
    let why = match undone {
        Undone::Forbidden => {
            let message = "you may not do this about an emergency".to_owned();
            let hint = "policy says who may: docs/break-glass.md; state your purpose in the header `purpose-of-use`";
            return (StatusCode::FORBIDDEN, message, hint);
        }
        Undone::Refused(why) => why,
    };
    let (status, hint) = match why {
        Why::Unknown => (StatusCode::NOT_FOUND, "`GET /break-glass` lists those that you may see"),
        Why::Several | Why::Full => (StatusCode::TOO_MANY_REQUESTS, "have some reviewed first"),
        Why::Overdue => (StatusCode::FORBIDDEN, "have a supervisor or the auditor close that review first"),
        Why::NotWaiting => (StatusCode::CONFLICT, "ask for it by `GET /break-glass`"),
        Why::NothingToReview | Why::Reviewed => (StatusCode::CONFLICT, "nothing is left to do"),
        Why::Unfit(..) => (StatusCode::BAD_REQUEST, "say it shorter, or say it at all"),
        Why::SamePerson => (StatusCode::FORBIDDEN, "ask somebody else: one person has one account"),
        Why::NotKept => (StatusCode::SERVICE_UNAVAILABLE, "ask again in a moment"),
    };
    (status, why.to_string(), hint)
}

pub(super) fn answer(status: StatusCode, told: &impl Serialize) -> Response {
    respond(status, Media::Json, Body::from(serde_json::to_vec(told).unwrap_or_default()))
}

fn told(one: &Emergency, at: i64) -> Told<'_> {
    let moment = |at: i64| Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default();
    Told {
        id: &one.id,
        state: one.state(at).name(),
        subject: &one.subject,
        incident: &one.incident,
        reason: &one.reason,
        opened_by: &one.opener,
        opened_at: moment(one.opened_at),
        approved_by: one.approved_by.as_ref(),
        until: one.until.map(moment),
        review_due: one.review_due.map(moment),
        review: one.review.as_ref().map(|review| Reviewed {
            by: &review.by,
            at: moment(review.at),
            finding: review.finding,
            note: &review.note,
        }),
    }
}
