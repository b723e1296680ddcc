//! Client: HTTP to one agency, as careful as one must be with other people's servers.
//!
//! No redirects and no proxy, so that nothing but the base URL decides who is asked. Every call has a deadline, every body
//! a bound that holds while it comes in. What goes wrong is a `Reason`, without a word of what the agency wrote.

use super::Reason;
use super::environment::{Environment, problem};
use crate::graph::binding::{HeaderValue as Written, Variable};
use crate::graph::{Problem, Source};
use crate::limits::Limits;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url, redirect};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout_at;

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// As written, for a source that has but one address.
    base: String,
    headers: HeaderMap,
    timeout: Duration,
    permits: Semaphore,
    answer_bytes_max: usize,
}

/// A place among the calls under way, with what is left of the source's time and of the bytes of one answer, on however many pages.
#[derive(Debug)]
pub(super) struct Turn<'c> {
    client: &'c Client,
    _permit: SemaphorePermit<'c>,
    deadline: tokio::time::Instant,
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

/// What all sources share: connections are pooled by host.
pub(super) fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .user_agent(concat!("headwaters/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Client {
    pub(super) fn open(
        http: &reqwest::Client,
        source: &Source,
        environment: &Environment,
        limits: &Limits,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let base = base(source, environment).map_err(|problem| problems.push(*problem)).ok();
        let headers = headers(source, environment, problems);
        Some(Self {
            http: http.clone(),
            base: base?,
            headers: headers?,
            timeout: Duration::from_millis(source.reach.timeout_ms.max(1)),
            permits: Semaphore::new(usize::try_from(source.reach.concurrency_max.max(1)).unwrap_or(1)),
            answer_bytes_max: limits.answer_bytes_max,
        })
    }

    /// Waits until the source may be asked once more.
    pub(super) async fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Reason> {
        let deadline = tokio::time::Instant::from_std(deadline);
        let permit = timeout_at(deadline, self.permits.acquire()).await.map_err(|_| Reason::Timeout)?;
        let permit = permit.map_err(|_| Reason::Unavailable("closed".to_owned()))?;
        // The source's own time begins when it is asked, not while others wait for it.
        let deadline = deadline.min(tokio::time::Instant::now() + self.timeout);
        Ok(Turn { client: self, _permit: permit, deadline, bytes_left: self.answer_bytes_max })
    }
}

impl Turn<'_> {
    /// The body of the answer, or of its next page; `None` where the status says that there is none.
    pub(super) async fn call(&mut self, request: Request<'_>) -> Result<Option<Vec<u8>>, Reason> {
        timeout_at(self.deadline, self.exchange(request)).await.map_err(|_| Reason::Timeout)?
    }

    async fn exchange(&mut self, request: Request<'_>) -> Result<Option<Vec<u8>>, Reason> {
        let Client { http, base, headers, .. } = self.client;
        let base = if request.path.is_empty() { &**base } else { base.trim_end_matches('/') };
        let url = Url::parse(&format!("{base}{}", request.path))
            .map_err(|_| Reason::Invalid("the address is not a URL".to_owned()))?;
        let method = if request.post { Method::POST } else { Method::GET };
        let mut call = http.request(method, url).headers(headers.clone());
        if let Some(body) = request.body {
            call = call.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
        }
        let response = call.send().await.map_err(|error| broken(&error))?;
        let status = response.status();
        if request.absent.contains(&status.as_u16()) {
            return Ok(None);
        }
        if !status.is_success() || status == StatusCode::NO_CONTENT {
            return Err(Reason::Unavailable(format!("status {}", status.as_u16())));
        }
        self.body(response).await.map(Some)
    }

    /// Whole, or not at all: counted as it comes, whatever the header says about its length.
    async fn body(&mut self, mut response: Response) -> Result<Vec<u8>, Reason> {
        let expected = response.content_length().and_then(|len| usize::try_from(len).ok()).unwrap_or_default();
        if expected > self.bytes_left {
            return Err(Reason::Limit("bytes of an answer"));
        }
        let mut body = Vec::with_capacity(expected.min(1 << 20));
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            if body.len().saturating_add(chunk.len()) > self.bytes_left {
                return Err(Reason::Limit("bytes of an answer"));
            }
            body.extend_from_slice(&chunk);
        }
        self.bytes_left -= body.len();
        Ok(body)
    }
}

/// Says what broke; the error's own text holds the address with its keys.
fn broken(error: &reqwest::Error) -> Reason {
    if error.is_timeout() {
        return Reason::Timeout;
    }
    let what = if error.is_connect() { "no connection" } else { "the connection broke" };
    Reason::Unavailable(what.to_owned())
}

/// The base URL: fixed at the start, nothing but a place.
fn base(source: &Source, environment: &Environment) -> Result<String, Box<Problem>> {
    let Some(variable) = &source.reach.url else {
        return Err(Box::new(
            Problem::error(&source.place, format!("source `{}` has no `base_url`", source.name))
                .with_hint("name a variable: base_url = \"env:NAME\""),
        ));
    };
    let value = environment.required(variable).map_err(Box::new)?;
    let wrong = |message: &str| {
        let hint = Some("for example https://api.example.org/v1".to_owned());
        Box::new(problem(variable, format!("the value of `{}` {message}", variable.name), hint))
    };
    let url = Url::parse(value).map_err(|_| wrong("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is not an address of http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("holds more than scheme, host, port and path"));
    }
    Ok(url.into())
}

fn headers(source: &Source, environment: &Environment, problems: &mut Vec<Problem>) -> Option<HeaderMap> {
    let before = problems.len();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(variable) = &source.reach.bearer {
        match secret(variable, environment, |value| format!("Bearer {value}")) {
            Ok(value) => drop(headers.insert(AUTHORIZATION, value)),
            Err(problem) => problems.push(*problem),
        }
    }
    for (name, written) in &source.reach.headers {
        let mut wrong = |message: String| {
            let place = source.place.clone();
            problems.push(Problem::error(&place, message));
        };
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            wrong(format!("`{name}` is no name of a header"));
            continue;
        };
        match written {
            Written::Literal(text) => match HeaderValue::from_str(text) {
                Ok(value) => drop(headers.insert(header, value)),
                Err(_) => wrong(format!("the value of header `{name}` holds characters that a header can't have")),
            },
            Written::Variable(variable) => match secret(variable, environment, str::to_owned) {
                Ok(value) => drop(headers.insert(header, value)),
                Err(problem) => problems.push(*problem),
            },
        }
    }
    (problems.len() == before).then_some(headers)
}

/// A header value out of the environment, that `Debug` does not show.
fn secret(
    variable: &Variable,
    environment: &Environment,
    form: impl Fn(&str) -> String,
) -> Result<HeaderValue, Box<Problem>> {
    let value = environment.required(variable).map_err(Box::new)?;
    let mut value = HeaderValue::from_str(&form(value)).map_err(|_| {
        let message = format!("the value of `{}` holds characters that a header can't have", variable.name);
        Box::new(problem(variable, message, Some("is there a line break at its end?".to_owned())))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
