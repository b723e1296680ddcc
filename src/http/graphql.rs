//! GraphQL over HTTP: one request, one response, by the specification (draft of 2025, and its June 2025 watershed).

use super::Shared;
use super::media::{Media, is_json};
use crate::caller::Caller;
use crate::error::{Code, Refusal};
use crate::limits::Limits;
use crate::observe::{self, Event};
use crate::request::{self, Request};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::time::{Duration, Instant, SystemTime};

/// `GET` and `POST /graphql`.
pub async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let arrival = Instant::now();
    let Some(media) = Media::accepted(&headers) else {
        let hint = "accept application/graphql-response+json or application/json\n";
        return (StatusCode::NOT_ACCEPTABLE, hint).into_response();
    };
    let request = match read(&method, &uri, &headers, body, shared.gateway.limits()).await {
        Ok(request) => request,
        Err(refused) => return refused.response(media),
    };
    let caller = match identify(&shared, &headers, &request).await {
        Ok(caller) => caller,
        Err(refusal) => {
            observe::emit(&Event::Refused { code: refusal.code().name(), elapsed: arrival.elapsed() });
            return challenge(Refused::of(refusal).response(media), &headers);
        }
    };
    match shared.gateway.answer(&request, &caller, arrival).await {
        Ok(written) => respond(StatusCode::OK, media, written.bytes),
        Err(refusal) => Refused::of(refusal).response(media),
    }
}

async fn identify(shared: &Shared, headers: &HeaderMap, request: &Request) -> Result<Caller, Refusal> {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    shared.callers.identify(&headers, &request.extensions, now).await
}

/// A 401 says how to do better: RFC 6750, section 3. Without a token it gives no error code.
fn challenge(mut response: Response, headers: &HeaderMap) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let said = if headers.contains_key(header::AUTHORIZATION) {
            "Bearer realm=\"headwaters\", error=\"invalid_token\""
        } else {
            "Bearer realm=\"headwaters\""
        };
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(said));
    }
    response
}

/// A refusal, and the status that HTTP itself wants for it.
struct Refused {
    refusal: Refusal,
    status: Option<StatusCode>,
}

impl Refused {
    const fn of(refusal: Refusal) -> Self {
        Self { refusal, status: None }
    }

    fn with(status: StatusCode, code: Code, message: &str) -> Self {
        Self { refusal: Refusal::new(code, message), status: Some(status) }
    }

    fn response(self, media: Media) -> Response {
        let code = self.refusal.code();
        let said = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let well_formed = matches!(code, Code::Parse | Code::Invalid | Code::Variable | Code::Limit);
        let status = match (self.status, media) {
            (Some(status), _) => status,
            (None, Media::Json) if well_formed => StatusCode::OK,
            (None, _) => said,
        };
        let mut response = respond(status, media, self.refusal.to_json());
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allow = if code == Code::BadRequest { "GET, POST" } else { "POST" };
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allow));
        }
        response
    }
}

fn respond(status: StatusCode, media: Media, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.content_type()),
        // Every answer is one caller's own.
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "accept"),
    ];
    (status, headers, Bytes::from(bytes)).into_response()
}

async fn read(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<Request, Refused> {
    match *method {
        Method::GET => request::read_query_string(uri.query().unwrap_or_default(), limits).map_err(Refused::of),
        Method::POST => {
            let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if !is_json(kind) {
                let message = "the body must be application/json in utf-8";
                return Err(Refused::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message));
            }
            let wait = Duration::from_millis(limits.client_ms_max);
            let read = axum::body::to_bytes(body, limits.request_bytes_max);
            match tokio::time::timeout(wait, read).await {
                Ok(Ok(bytes)) => request::read(&bytes, limits).map_err(Refused::of),
                Ok(Err(_)) => {
                    let message = format!("the body must come whole and be at most {} bytes", limits.request_bytes_max);
                    Err(Refused::with(StatusCode::PAYLOAD_TOO_LARGE, Code::Limit, &message))
                }
                Err(_) => Err(Refused::with(StatusCode::REQUEST_TIMEOUT, Code::Limit, "the body did not come in time")),
            }
        }
        _ => Err(Refused::with(StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, "send GET or POST")),
    }
}
