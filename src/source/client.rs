//! Client: HTTP to one agency, as careful as one must be with other people's servers.
//!
//! No redirects and no proxy, so that nothing but the base URL decides who is asked, and no address that is none of an agency
//! (`address`). Every call goes through the source's `guard`, every body has bounds that hold while it comes in (`body`). What goes wrong is a
//! `Reason`, without a word of what the agency wrote.

mod address;
mod body;
mod login;
mod open;

use self::address::OutOfBounds;
use self::body::Bounds;
use self::login::Login;
pub(super) use self::open::Clients;
use super::Reason;
use super::guard::{Failed, Guard, Sign, Turn as Place};
use crate::observe;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many milliseconds the gateway will wait for the answer. Envoy's name, which proxies of agencies may know.
const TIME_LEFT: HeaderName = HeaderName::from_static("x-envoy-expected-rq-timeout-ms");

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// As written, for a source that has but one address.
    base: String,
    headers: HeaderMap,
    login: Option<Arc<Login>>,
    guard: Guard,
    bounds: Bounds,
}

/// A place among the calls under way, with what is left of the bytes of one answer, on however many pages.
#[derive(Debug)]
pub(super) struct Turn<'c> {
    client: &'c Client,
    place: Place<'c>,
    bytes_left: usize,
}

/// One call.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// Path and query string, beginning with a slash, or nothing.
    pub(super) path: &'a str,
    /// With a body it is a POST.
    pub(super) body: Option<Vec<u8>>,
    pub(super) post: bool,
    /// Statuses that mean "there is none".
    pub(super) absent: &'a [u16],
}

impl Client {
    /// Waits until the source may be asked once more.
    pub(super) async fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Reason> {
        let place = self.guard.turn(deadline).await?;
        Ok(Turn { client: self, place, bytes_left: self.bounds.bytes_max })
    }

    /// Whether the source does not fail again and again.
    pub(super) fn is_well(&self) -> bool {
        self.guard.is_well()
    }

    /// Calls that may be under way to the source at once.
    pub(super) const fn concurrency_max(&self) -> usize {
        self.guard.places_max()
    }

    /// One try.
    async fn exchange(
        &self,
        request: &Request<'_>,
        bytes_max: usize,
        left: Duration,
    ) -> Result<Option<Vec<u8>>, Failed> {
        let mut response = self.send(request, left, self.authorization().await?).await?;
        if response.0.status() == StatusCode::UNAUTHORIZED
            && let (Some(login), Some(used)) = (&self.login, &response.1)
            && login.forget(used)
        {
            // A token that the agency has revoked: a new one may do.
            response = self.send(request, left, self.authorization().await?).await?;
        }
        let (response, _) = response;
        let status = response.status();
        if request.absent.contains(&status.as_u16()) {
            return Ok(None);
        }
        if !status.is_success() || status == StatusCode::NO_CONTENT {
            let reason = Reason::Unavailable(format!("status {}", status.as_u16()));
            return Err(Failed { reason, sign: sign(&response) });
        }
        self.bounds.of_bytes(bytes_max).read(response).await.map(Some)
    }

    async fn authorization(&self) -> Result<Option<HeaderValue>, Failed> {
        match &self.login {
            Some(login) => login.header().await.map(Some),
            None => Ok(None),
        }
    }

    /// The head of the answer, and the token that it was asked with.
    async fn send(
        &self,
        request: &Request<'_>,
        left: Duration,
        token: Option<HeaderValue>,
    ) -> Result<(Response, Option<HeaderValue>), Failed> {
        let base = if request.path.is_empty() { &*self.base } else { self.base.trim_end_matches('/') };
        let url = Url::parse(&format!("{base}{}", request.path))
            .map_err(|_| Failed { reason: Reason::Invalid("the address is not a URL".to_owned()), sign: Sign::Well })?;
        let method = if request.post { Method::POST } else { Method::GET };
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let mut call = self.http.request(method, url).headers(self.headers.clone()).header(TIME_LEFT, millis);
        if let Some(token) = &token {
            call = call.header(AUTHORIZATION, token);
        }
        let mut trace = HeaderMap::new();
        observe::headers(|name, value| {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                trace.insert(name, value);
            }
        });
        call = call.headers(trace);
        if let Some(body) = &request.body {
            call = call.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body.clone());
        }
        let response = call.send().await.map_err(|error| broken(&error))?;
        Ok((response, token))
    }
}

impl Turn<'_> {
    /// The body of the answer, or of its next page; `None` where the status says that there is none.
    pub(super) async fn call(&mut self, request: Request<'_>) -> Result<Option<Vec<u8>>, Reason> {
        let Self { client, place, bytes_left } = self;
        let body = place.call(|left| client.exchange(&request, *bytes_left, left)).await?;
        *bytes_left -= body.as_ref().map_or(0, Vec::len).min(*bytes_left);
        Ok(body)
    }
}

/// What a status that is no answer says about the source.
fn sign(response: &Response) -> Sign {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            Sign::Busy { after: after.map(Duration::from_secs) }
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Sign::Broken,
        status if status.is_server_error() => Sign::Faulty,
        _ => Sign::Well,
    }
}

/// Says what broke; the error's own text holds the address with its keys.
fn broken(error: &reqwest::Error) -> Failed {
    let unavailable = |what: &str, sign| Failed { reason: Reason::Unavailable(what.to_owned()), sign };
    let mut cause = error.source();
    while let Some(error) = cause.filter(|error| !error.is::<OutOfBounds>()) {
        cause = error.source();
    }
    if cause.is_some() {
        return unavailable("its name leads to an address that may not be asked", Sign::Faulty);
    }
    if error.is_timeout() {
        return Failed { reason: Reason::Timeout, sign: Sign::Busy { after: None } };
    }
    let what = if error.is_connect() { "no connection" } else { "the connection broke" };
    unavailable(what, Sign::Broken)
}
