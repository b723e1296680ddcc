//! Identify: from what a request brings to who asks.

use super::claims;
use super::config::Config;
use super::issuer::Issuer;
use super::purpose;
use super::refuse::unauthenticated;
use super::token::{self, Times};
use super::{Caller, Who};
use crate::error::Refusal;
use crate::limits::Limits;
use futures::future::join_all;
use moka::sync::Cache;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// Those who may ask.
pub struct Callers {
    issuers: Vec<Issuer>,
    config: Config,
    /// Tokens whose signature was found good, each whole: nothing less tells one from another.
    kept: Cache<Arc<str>, Kept>,
    limits: Limits,
}

/// What was found in a token, and by which keys: it counts as long as they are the issuer's.
#[derive(Clone)]
struct Kept {
    who: Arc<Who>,
    times: Times,
    issuer: usize,
    keys: u64,
}

impl Callers {
    /// Starts to keep the issuers' keys. An issuer that can't be asked now is asked again: its people have to wait until then.
    pub async fn open(config: Config, limits: Limits) -> Self {
        let issuers: Vec<Issuer> = config.issuers.iter().map(|issuer| Issuer::open(issuer.clone(), &limits)).collect();
        join_all(issuers.iter().map(Issuer::asked)).await;
        Self::of(issuers, config, limits)
    }

    /// Everybody is the public, and nobody can be more.
    #[must_use]
    pub fn public(limits: Limits) -> Self {
        Self::of(Vec::new(), Config { public: true, ..Config::default() }, limits)
    }

    fn of(issuers: Vec<Issuer>, config: Config, limits: Limits) -> Self {
        let weight = |token: &Arc<str>, _: &Kept| u32::try_from(token.len()).unwrap_or(u32::MAX);
        let kept = Cache::builder().max_capacity(limits.tokens_bytes_kept).weigher(weight).build();
        Self { issuers, config, kept, limits }
    }

    /// Who asks. `headers` are all of a request's, their names in lower case; `now` is the second since 1970 at which it came.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a token that proves nothing, and for none where one is needed; what [`purpose::read`] refuses.
    pub async fn identify<'a>(
        &self,
        headers: &[(&'a str, &'a [u8])],
        extensions: &Map<String, Value>,
        now: u64,
    ) -> Result<Caller, Refusal> {
        let who = match bearer(headers, &self.limits)? {
            Some(token) => Some(self.who(token, now).await?),
            None if self.config.public => None,
            None => {
                let hint = "send `Authorization: Bearer TOKEN`, with an access token of your identity provider";
                return Err(unauthenticated("there is no token", hint));
            }
        };
        let stated = purpose::read(headers.iter().copied(), extensions, &self.limits)?;
        Ok(match who {
            Some(who) => Caller::new(who, stated),
            None => Caller::public(stated),
        })
    }

    async fn who(&self, token: &str, now: u64) -> Result<Arc<Who>, Refusal> {
        if let Some(kept) = self.kept.get(token)
            && self.issuers.get(kept.issuer).is_some_and(|issuer| self.still(issuer, &kept, now))
        {
            kept.times.hold(now, &self.limits)?;
            return Ok(kept.who);
        }
        let named = token::issuer(token)?;
        let found = self.issuers.iter().enumerate().find(|(_, issuer)| *issuer.config.url == *named);
        let Some((at, issuer)) = found else {
            return Err(unauthenticated("the token's issuer is not known here", token::ISSUER_HINT));
        };
        let head = token::head(token, &issuer.config, &self.limits)?;
        let (key, keys) = issuer.key(&head, now, &self.limits).await?;
        let (claims, times) = token::verify(token, &head, &key, &issuer.config)?;
        times.hold(now, &self.limits)?;
        let who = Arc::new(claims::who(&claims, &issuer.config, &self.config, times.until, &self.limits)?);
        self.kept.insert(token.into(), Kept { who: Arc::clone(&who), times, issuer: at, keys });
        Ok(who)
    }

    /// Are the keys by which it was verified the issuer's still, and not too old?
    fn still(&self, issuer: &Issuer, kept: &Kept, now: u64) -> bool {
        let keys = issuer.keys();
        keys.number == kept.keys && now < keys.asked_at.saturating_add(self.limits.keys_kept_s)
    }
}

/// The token of the one `Authorization` header; `None` without the header.
fn bearer<'a>(headers: &[(&'a str, &'a [u8])], limits: &Limits) -> Result<Option<&'a str>, Refusal> {
    let mut given = headers.iter().filter(|(name, _)| *name == "authorization").map(|(_, value)| *value);
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(unauthenticated("there are several `Authorization` headers", "send one"));
    }
    let token = std::str::from_utf8(value).ok().and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = token.filter(|token| !token.is_empty()).ok_or_else(token::no_token)?;
    if token.len() > limits.token_bytes_max {
        let message = format!("the token is longer than {} bytes", limits.token_bytes_max);
        return Err(unauthenticated(&message, "ask your identity provider to leave out claims that are not needed"));
    }
    Ok(Some(token))
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<&str> = self.config.issuers.iter().map(|issuer| &*issuer.url).collect();
        f.debug_struct("Callers")
            .field("issuers", &issuers)
            .field("public", &self.config.public)
            .finish_non_exhaustive()
    }
}
