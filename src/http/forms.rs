//! Forms over REST: for programs that do not speak GraphQL. The same caller, purpose, policies and ledger, since each is one operation of the graph.
//! `GET /openapi.json` describes it.

use super::Shared;
use super::graphql::{challenge, identify};
use super::handed::Handed;
use super::serve::Peer;
use crate::error::{Code, Error, Refusal};
use crate::gateway::Arrival;
use crate::observe;
use crate::request::Request;
use axum::body::Body;
use axum::extract::{self, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;

const OPENAPI: &str = include_str!("openapi.json");

/// `GET /openapi.json`
pub async fn openapi() -> Response {
    (json_headers(), OPENAPI).into_response()
}

/// `GET /forms`
pub async fn list(State(shared): State<Shared>, request: extract::Request) -> Response {
    let (head, _) = request.into_parts();
    match all(&shared, &head).await {
        Ok((forms, answered)) => answered.json(&serde_json::json!({ "forms": forms })),
        Err(refused) => refused,
    }
}

/// `GET /forms/{id}`
pub async fn one(State(shared): State<Shared>, Path(id): Path<String>, request: extract::Request) -> Response {
    let (head, _) = request.into_parts();
    match all(&shared, &head).await {
        Ok((forms, answered)) => {
            let found = forms.as_array().into_iter().flatten().find(|form| form.get("id").is_some_and(|it| *it == *id));
            match found {
                Some(form) => answered.json(form),
                None => unknown(&shared),
            }
        }
        Err(refused) => refused,
    }
}

async fn all(shared: &Shared, head: &Parts) -> Result<(Value, Answered), Response> {
    let world = shared.gateway.world();
    let request = world.prefills.list(&world.graph).ok_or_else(|| unknown(shared))?;
    let mut answered = ask(shared, head, &head.headers, request).await?;
    let forms = answered.data.get_mut("forms").map(Value::take).unwrap_or_default();
    Ok((forms, answered))
}

/// `GET /forms/{id}/prefill?booking=MT0560000/26-00417`
pub async fn prefill(State(shared): State<Shared>, Path(id): Path<String>, request: extract::Request) -> Response {
    let (head, _) = request.into_parts();
    let request = match wanted(&shared, &id, head.uri.query().unwrap_or_default()) {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    match ask(&shared, &head, &head.headers, request).await {
        Ok(mut answered) => {
            let filled = answered.data.get_mut("prefill").map(Value::take).unwrap_or_default();
            answered.json(&filled)
        }
        Err(refused) => refused,
    }
}

/// What a query string asks a form to be filled for: one thing.
#[expect(clippy::result_large_err, reason = "it is the response, and leaves at once")]
fn wanted(shared: &Shared, id: &str, query: &str) -> Result<Request, Response> {
    let world = shared.gateway.world();
    if world.prefills.form(id).is_none() {
        return Err(unknown(shared));
    }
    let targets: Vec<&str> = world.prefills.targets(id).map(|target| &*target.name).collect();
    let given: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let bad = |message: String| {
        let hint = format!("give one of {}, a booking as `FACILITY/NUMBER`", targets.join(", "));
        refusal(StatusCode::BAD_REQUEST, Error::new(Code::BadRequest, message).hint(hint).into())
    };
    let [(target, key)] = given.as_slice() else {
        return Err(bad(format!("a form is filled for one thing, and {} are given", given.len())));
    };
    if !targets.contains(&target.as_str()) {
        return Err(bad("the form can't be filled for that".to_owned()));
    }
    let request = world.prefills.request(&world.graph, id, target, key);
    request.ok_or_else(|| bad(format!("`{target}` is not such a key")))
}

fn unknown(shared: &Shared) -> Response {
    let world = shared.gateway.world();
    let known: Vec<&str> = world.prefills.forms().iter().map(|form| &*form.id).collect();
    let error = Error::new(Code::BadRequest, "there is no such form").hint(format!("there are {}", known.join(", ")));
    refusal(StatusCode::NOT_FOUND, error.into())
}

/// An answer of the graph, that is on record.
pub(super) struct Answered {
    pub data: Value,
    shared: Shared,
    receipt: Option<crate::ledger::Receipt>,
}

impl Answered {
    fn json(self, value: &Value) -> Response {
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        self.leave(bytes, json_headers().into_iter().collect())
    }

    /// Hands it over as these bytes: that it left is on record.
    pub(super) fn leave(self, bytes: Vec<u8>, headers: HeaderMap) -> Response {
        let body = Handed::new(bytes.into(), self.receipt, Arc::clone(&self.shared.gateway));
        (StatusCode::OK, headers, Body::new(body)).into_response()
    }
}

/// One operation, for whoever these headers say asks.
pub(super) async fn ask(
    shared: &Shared,
    head: &Parts,
    headers: &HeaderMap,
    request: Request,
) -> Result<Answered, Response> {
    let span = observe::request(|name| headers.get(name)?.to_str().ok());
    let answered = span.within(answered(shared, head, headers, request, &span)).await;
    span.ended(answered.is_err().then_some("REFUSED"));
    answered
}

async fn answered(
    shared: &Shared,
    head: &Parts,
    headers: &HeaderMap,
    request: Request,
    span: &observe::Span,
) -> Result<Answered, Response> {
    let arrival = Arrival::now();
    let address = head.extensions.get::<Peer>().map(|peer| peer.0);
    let caller = match identify(shared, headers, &request).await {
        Ok(caller) => caller.at(address),
        Err(refused) => {
            shared.gateway.turned_away(Some(&request), address, &refused, arrival).await;
            return Err(challenge(refusal(status(&refused), refused), headers));
        }
    };
    match shared.gateway.answer(&request, &caller, arrival).await {
        Ok(released) => {
            shared.gateway.count(&released, &caller, arrival);
            released.decision.iter().for_each(|decision| span.decided(decision));
            let mut answer: Value = serde_json::from_slice(&released.bytes).unwrap_or_default();
            let data = answer.get_mut("data").map(Value::take).unwrap_or_default();
            Ok(Answered { data, shared: shared.clone(), receipt: released.receipt })
        }
        Err(refused) => Err(refusal(status(&refused), refused)),
    }
}

fn status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// `errors`, as GraphQL has them.
fn refusal(status: StatusCode, refusal: Refusal) -> Response {
    let mut response = (status, json_headers(), refusal.to_json()).into_response();
    // For a page, which says it in words.
    response.extensions_mut().insert(Arc::new(refusal));
    response
}

fn json_headers() -> [(header::HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        // Every answer is one caller's own.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]
}
