//! Token: a signed JWT (RFC 7519), checked as RFC 8725 asks for.
//!
//! Nothing of a token is believed before its signature, except the issuer's name, which says whose keys to check it with. Issuer,
//! audience and expiry must be there. The algorithm is one of those fixed for the issuer, and of the key.

use super::config::{Algorithm, IssuerConfig};
use super::keys::Key;
use super::refuse::unauthenticated;
use crate::error::Refusal;
use crate::limits::Limits;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, dangerous, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Types of token that grant access: RFC 7519, and RFC 9068 with or without the long form.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// What a token says about how it is signed. Not verified.
#[derive(Debug)]
pub(super) struct Head {
    pub key: String,
    pub algorithm: Algorithm,
}

/// The issuer that a token names. Not verified.
///
/// # Errors
/// `UNAUTHENTICATED` for what is no token.
pub(super) fn issuer(token: &str) -> Result<String, Refusal> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.';
    if token.bytes().filter(|byte| *byte == b'.').count() != 2 || !token.bytes().all(plain) {
        return Err(no_token());
    }
    let claims: Issuer = dangerous::insecure_decode_claims(token).map_err(|_| no_token())?;
    Ok(claims.iss)
}

/// How a token of this issuer is signed.
///
/// # Errors
/// `UNAUTHENTICATED` for a header that this issuer's tokens don't have.
pub(super) fn head(token: &str, issuer: &IssuerConfig, limits: &Limits) -> Result<Head, Refusal> {
    // An `alg` that is no algorithm, `none` among them, can't be read at all.
    let header = decode_header(token).map_err(|_| wrong_algorithm())?;
    let name = format!("{:?}", header.alg);
    let algorithm = Algorithm::named(&name).filter(|algorithm| issuer.algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or_else(wrong_algorithm)?;
    if header.crit.is_some() {
        return Err(unauthenticated("the token's header demands what is not known here", "a token needs no `crit`"));
    }
    if header.typ.as_deref().is_some_and(|typ| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ))) {
        return Err(unauthenticated("the token is of a type that grants no access", "send an access token"));
    }
    let key = header.kid.filter(|key| !key.is_empty() && key.len() <= limits.claim_bytes_max);
    let key = key.ok_or_else(|| unauthenticated("the token names no key", "its header must have a `kid`"))?;
    Ok(Head { key, algorithm })
}

/// The claims of a token, if all of it is good, and the second at which it ends.
///
/// # Errors
/// `UNAUTHENTICATED`, with what is wrong.
pub(super) fn verify(
    token: &str,
    head: &Head,
    key: &Key,
    issuer: &IssuerConfig,
) -> Result<(Map<String, Value>, Times), Refusal> {
    let mut validation = Validation::new(rfc(head.algorithm));
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    validation.set_issuer(&[&*issuer.url]);
    validation.set_audience(&issuer.audiences);
    // Times are held against the request's arrival, below, not against a clock of the library's.
    validation.validate_exp = false;
    let verified = decode::<Map<String, Value>>(token, &key.decoding, &validation);
    let claims = verified.map_err(|error| refusal(error.kind()))?.claims;
    if claims.get("iss").and_then(Value::as_str) != Some(&*issuer.url) {
        return Err(refusal(&ErrorKind::InvalidIssuer));
    }
    let from = match claims.get("nbf") {
        None | Some(Value::Null) => 0,
        Some(value) => seconds(value).ok_or_else(unreadable_time)?,
    };
    let until = claims.get("exp").and_then(seconds).ok_or_else(unreadable_time)?;
    Ok((claims, Times { from, until }))
}

/// Seconds since 1970 between which a token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub from: u64,
    pub until: u64,
}

impl Times {
    /// # Errors
    /// `UNAUTHENTICATED` before and after.
    pub fn hold(self, now: u64, limits: &Limits) -> Result<(), Refusal> {
        if self.until.saturating_add(limits.leeway_s) <= now {
            return Err(unauthenticated("the token has expired", "get a new one from your identity provider"));
        }
        if self.from > now.saturating_add(limits.leeway_s) {
            return Err(unauthenticated("the token does not hold yet", "compare the clocks"));
        }
        Ok(())
    }
}

/// RFC 7519 `NumericDate`: seconds, a fraction allowed.
fn seconds(value: &Value) -> Option<u64> {
    let whole = value.as_u64();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within what fits")]
    let part = || value.as_f64().filter(|part| (0.0..1e15).contains(part)).map(|part| part as u64);
    whole.or_else(part)
}

const fn rfc(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Es384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Rs384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Ps384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::Ps512 => jsonwebtoken::Algorithm::PS512,
    }
}

pub(super) fn no_token() -> Refusal {
    let hint = "send `Authorization: Bearer TOKEN`, with an access token of your identity provider";
    unauthenticated("what is sent is no signed JWT", hint)
}

fn wrong_algorithm() -> Refusal {
    let hint = "the operator fixes the algorithms of an issuer in headwaters.toml";
    unauthenticated("the token is not signed as its issuer signs", hint)
}

fn unreadable_time() -> Refusal {
    unauthenticated("a time of the token can't be read", "`exp` and `nbf` are seconds since 1970")
}

fn refusal(kind: &ErrorKind) -> Refusal {
    match kind {
        ErrorKind::InvalidAudience => unauthenticated(
            "the token is meant for somebody else",
            "ask your identity provider for a token with this gateway's audience",
        ),
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => {
            unauthenticated("the token lacks a claim", "`iss`, `aud` and `exp` must be there, each in its form")
        }
        ErrorKind::InvalidIssuer => unauthenticated("the token's issuer is not known here", ISSUER_HINT),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => wrong_algorithm(),
        _ => unauthenticated("the token's signature is not good", "get a new one from your identity provider"),
    }
}

pub(super) const ISSUER_HINT: &str = "the operator lists the issuers that are believed in headwaters.toml";
