//! GraphQL over HTTP: one request, one response, by the specification (draft of 2025, and its June 2025 watershed).

use super::Shared;
use super::handed::Handed;
use super::media::{Media, is_json};
use super::serve::Peer;
use crate::caller::Caller;
use crate::error::{Code, Refusal};
use crate::gateway::Arrival;
use crate::limits::Limits;
use crate::observe;
use crate::request::{self, Request};
use axum::body::{Body, BodyDataStream};
use axum::extract::{self, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// `GET` and `POST /graphql`.
pub async fn answer(State(shared): State<Shared>, request: extract::Request) -> Response {
    let span = observe::request(|name| request.headers().get(name)?.to_str().ok());
    let response = span.within(answered(shared, request, &span)).await;
    span.ended((!response.status().is_success()).then_some("REFUSED"));
    response
}

async fn answered(shared: Shared, request: extract::Request, span: &observe::Span) -> Response {
    let arrival = Arrival::now();
    let (head, body) = request.into_parts();
    let address = head.extensions.get::<Peer>().map(|peer| peer.0);
    let Some(media) = Media::accepted(&head.headers) else {
        let hint = "accept application/graphql-response+json or application/json\n";
        return (StatusCode::NOT_ACCEPTABLE, hint).into_response();
    };
    let limits = shared.gateway.limits();
    let mut body = body.into_data_stream();
    let request = match read(&head, &mut body, limits).await {
        Ok(request) => request,
        Err(refused) => {
            shared.gateway.turned_away(None, address, &refused.refusal, arrival).await;
            let wait = Duration::from_millis(limits.rest_ms_max);
            tokio::spawn(tokio::time::timeout(wait, rest(body, limits.rest_bytes_max)));
            return refused.response(media);
        }
    };
    let caller = match identify(&shared, &head.headers, &request).await {
        Ok(caller) => caller.at(address),
        Err(refusal) => {
            shared.gateway.turned_away(Some(&request), address, &refusal, arrival).await;
            return challenge(Refused::of(refusal).response(media), &head.headers);
        }
    };
    match shared.gateway.answer(&request, &caller, arrival).await {
        Ok(released) => {
            shared.gateway.count(&released, &caller, arrival);
            released.decision.iter().for_each(|decision| span.decided(decision));
            let body = Handed::new(released.bytes.into(), released.receipt, Arc::clone(&shared.gateway));
            respond(StatusCode::OK, media, Body::new(body))
        }
        Err(refusal) => Refused::of(refusal).response(media),
    }
}

pub(super) async fn identify(shared: &Shared, headers: &HeaderMap, request: &Request) -> Result<Caller, Refusal> {
    let now = u64::try_from(Arrival::now().at).unwrap_or_default();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    shared.callers.identify(&headers, &request.extensions, now).await
}

/// A 401 says how to do better: RFC 6750, section 3. Without a token it gives no error code.
pub(super) fn challenge(mut response: Response, headers: &HeaderMap) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let said = if headers.contains_key(header::AUTHORIZATION) {
            "Bearer realm=\"headwaters\", error=\"invalid_token\""
        } else {
            "Bearer realm=\"headwaters\""
        };
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(said));
    }
    response
}

/// A refusal, and the status that HTTP itself wants for it.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) status: Option<StatusCode>,
}

impl Refused {
    pub(super) const fn of(refusal: Refusal) -> Self {
        Self { refusal, status: None }
    }

    pub(super) fn with(status: StatusCode, code: Code, message: &str) -> Self {
        Self { refusal: Refusal::new(code, message), status: Some(status) }
    }

    pub(super) fn response(self, media: Media) -> Response {
        let code = self.refusal.code();
        let said = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let well_formed = matches!(code, Code::Parse | Code::Invalid | Code::Variable | Code::Limit);
        let status = match (self.status, media) {
            (Some(status), _) => status,
            (None, Media::Json) if well_formed => StatusCode::OK,
            (None, _) => said,
        };
        let mut response = respond(status, media, Body::from(self.refusal.to_json()));
        if matches!(code, Code::Overloaded | Code::LedgerUnavailable | Code::RateLimited) {
            // A second: the queue has turned over by then, twice.
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allow = if code == Code::BadRequest { "GET, POST" } else { "POST" };
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

pub(super) fn respond(status: StatusCode, media: Media, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.content_type()),
        // Every answer is one caller's own.
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "accept"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    (status, headers, body).into_response()
}

async fn read(head: &Parts, body: &mut BodyDataStream, limits: &Limits) -> Result<Request, Refused> {
    let request = read_body(head, body, limits).await?;
    let said = head.headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    Ok(said.fold(request, Request::with_cache_control))
}

async fn read_body(head: &Parts, body: &mut BodyDataStream, limits: &Limits) -> Result<Request, Refused> {
    match head.method {
        Method::GET => request::read_query_string(head.uri.query().unwrap_or_default(), limits).map_err(Refused::of),
        Method::POST => {
            let kind = head.headers.get(header::CONTENT_TYPE);
            let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
            if !is_json(kind) {
                let message = "the body must be application/json in utf-8";
                return Err(Refused::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message));
            }
            let wait = Duration::from_millis(limits.client_ms_max);
            match tokio::time::timeout(wait, whole(body, limits.request_bytes_max)).await {
                Ok(Some(bytes)) => request::read(&bytes, limits).map_err(Refused::of),
                Ok(None) => {
                    let message = format!("the body must come whole and be at most {} bytes", limits.request_bytes_max);
                    Err(Refused::with(StatusCode::PAYLOAD_TOO_LARGE, Code::Limit, &message))
                }
                Err(_) => Err(Refused::with(StatusCode::REQUEST_TIMEOUT, Code::Limit, "the body did not come in time")),
            }
        }
        _ => Err(Refused::with(StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, "send GET or POST")),
    }
}

/// All bytes of a body; `None` where there are more than `bytes_max`, or where it was cut.
pub(super) async fn whole(body: &mut BodyDataStream, bytes_max: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.ok()?;
        if bytes.len() + chunk.len() > bytes_max {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    Some(bytes)
}

/// Takes what is left of a body that is refused already: a connection that is closed on a client that still sends takes the
/// refusal with it.
async fn rest(mut body: BodyDataStream, bytes_max: usize) {
    let mut bytes = 0;
    while let Some(Ok(chunk)) = body.next().await {
        bytes += chunk.len();
        if bytes > bytes_max {
            break;
        }
    }
}
