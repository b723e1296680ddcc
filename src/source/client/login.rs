//! Login: how the gateway proves to an agency who it is, where that takes a token: OAuth 2.0, client credentials (RFC 6749, section 4.4).
//!
//! One token serves all calls until shortly before it ends. Whoever needs one while none is valid waits for the one question that is under
//! way; while the old one still is, it serves, and a task of its own asks for the next. Id, secret and token appear in no log and no error.

use super::body::Bounds;
use super::{Failed, Sign, broken};
use crate::limits::Limits;
use crate::source::Reason;
use crate::source::guard::Deadline;
use arc_swap::ArcSwapOption;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{StatusCode, Url};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded::{Serializer, byte_serialize};

/// Of the life of a token, so much from its end it is renewed: a tenth, or this.
const AHEAD_MAX: Duration = Duration::from_mins(1);
/// A token that does not say how long it lives is not trusted for longer.
const LIFE: Duration = Duration::from_mins(5);
const LIFE_MAX: Duration = Duration::from_hours(24);
/// After a failure nobody asks again for so long: those who wait are told the same.
const PAUSE: Duration = Duration::from_secs(1);

/// One for each source that wants it.
pub(super) struct Login {
    http: reqwest::Client,
    url: Url,
    /// Id and secret as Basic credentials.
    credentials: HeaderValue,
    body: String,
    bounds: Bounds,
    wait: Duration,
    token: ArcSwapOption<Token>,
    /// Held while the token is asked for; since when that failed.
    asking: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Token {
    header: HeaderValue,
    since: Instant,
    renew: Instant,
    end: Instant,
}

/// RFC 6749, section 5.1, as far as it matters.
#[derive(serde::Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Option<f64>,
}

impl Login {
    pub(super) fn new(
        http: reqwest::Client,
        url: Url,
        id: &str,
        secret: &str,
        scope: Option<&str>,
        limits: &Limits,
    ) -> Option<Self> {
        // Each of them is encoded as in a form, and then both together (RFC 6749, section 2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let basic = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
        let mut credentials = HeaderValue::from_str(&format!("Basic {basic}")).ok()?;
        credentials.set_sensitive(true);
        let mut body = Serializer::new(String::new());
        body.append_pair("grant_type", "client_credentials");
        if let Some(scope) = scope {
            body.append_pair("scope", scope);
        }
        let limits = Limits { answer_bytes_max: limits.provider_bytes_max, ..limits.clone() };
        Some(Self {
            http,
            url,
            credentials,
            body: body.finish(),
            bounds: Bounds::of(&limits),
            wait: Duration::from_millis(limits.provider_ms_max),
            token: ArcSwapOption::empty(),
            asking: Mutex::new(None),
        })
    }

    /// What the `authorization` header is to say.
    pub(super) async fn header(self: &Arc<Self>) -> Result<HeaderValue, Failed> {
        let now = Instant::now();
        if let Some(token) = &*self.token.load() {
            if now >= token.renew && now < token.end && self.asking.try_lock().is_ok() {
                let login = Arc::clone(self);
                tokio::spawn(async move { login.renewed().await });
            }
            if now < token.end {
                return Ok(token.header.clone());
            }
        }
        // In a task of its own: who leaves while others wait does not take the token with them.
        let login = Arc::clone(self);
        let renewed = tokio::spawn(async move { login.renewed().await }).await;
        renewed.unwrap_or_else(|_| Err(failed("the token could not be asked for")))
    }

    /// An agency did not want this token: it serves nobody any more. Whether another may do better: not where this one was new.
    pub(super) fn forget(&self, header: &HeaderValue) -> bool {
        let known = self.token.load();
        let Some(token) = known.as_ref().filter(|token| token.header == *header) else { return true };
        let is_old = token.since.elapsed() >= PAUSE;
        if is_old {
            self.token.compare_and_swap(&known, None);
        }
        is_old
    }

    /// A token that need not be renewed: the one that somebody else got meanwhile, or a new one.
    async fn renewed(&self) -> Result<HeaderValue, Failed> {
        let mut failing = self.asking.lock().await;
        if let Some(token) = self.token.load().as_ref().filter(|token| Instant::now() < token.renew) {
            return Ok(token.header.clone());
        }
        if failing.is_some_and(|since| since.elapsed() < PAUSE) {
            return Err(failed("its identity provider gave no token"));
        }
        match self.ask().await {
            Ok(token) => {
                *failing = None;
                let header = token.header.clone();
                self.token.store(Some(Arc::new(token)));
                Ok(header)
            }
            Err(error) => {
                *failing = Some(Instant::now());
                Err(error)
            }
        }
    }

    async fn ask(&self) -> Result<Token, Failed> {
        let deadline = Deadline::of_call((Instant::now() + self.wait).into_std(), self.wait, Duration::ZERO);
        let call = self.http.post(self.url.clone()).header(AUTHORIZATION, self.credentials.clone());
        let call = call.header(ACCEPT, "application/json").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let asked = Instant::now();
        let answered = deadline.within(async {
            let unasked = |failed: Failed| Failed { sign: Sign::Unasked, ..failed };
            let response = call.body(self.body.clone()).send().await.map_err(|error| unasked(broken(&error)))?;
            if response.status() != StatusCode::OK {
                return Err(failed(&format!(
                    "its identity provider gave no token: status {}",
                    response.status().as_u16()
                )));
            }
            self.bounds.read(response).await.map_err(unasked)
        });
        let bytes = answered.await.ok_or_else(|| failed("its identity provider did not answer in time"))??;
        let granted: Granted =
            serde_json::from_slice(&bytes).map_err(|_| failed("what its identity provider gave is no token"))?;
        if !granted.token_type.eq_ignore_ascii_case("bearer") {
            return Err(failed("the token of its identity provider is of another type than bearer"));
        }
        let header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token));
        let mut header = header.map_err(|_| failed("what its identity provider gave is no token"))?;
        header.set_sensitive(true);
        let life = granted.expires_in.filter(|seconds| *seconds > 0.0);
        let life = life.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(LIFE).min(LIFE_MAX);
        Ok(Token { header, since: asked, renew: asked + life - (life / 10).min(AHEAD_MAX), end: asked + life })
    }
}

/// A source without a token can't be asked; that is not its own fault.
fn failed(detail: &str) -> Failed {
    Failed { reason: Reason::Unavailable(detail.to_owned()), sign: Sign::Unasked }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}
