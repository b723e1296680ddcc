//! Claims: from what a token says to who the caller is, by the names that the issuer gives things.
//!
//! An issuer is believed as far as the configuration goes: about its own agencies, and about kinds only where it may claim them.

use super::agency::{AgencyKind, Ori};
use super::config::{ClaimNames, Config, IssuerConfig, OriPattern};
use super::refuse::unauthenticated;
use super::{Caller, Stated, Who};
use crate::error::Refusal;
use crate::limits::Limits;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What somebody was found fit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certification {
    /// GFIPM `SwornLawEnforcementOfficerIndicator`.
    Sworn,
    /// GFIPM `NCICCriminalHistoryPrivilegeIndicator`.
    CriminalHistory,
    /// GFIPM `28CFRCertificationIndicator`: trained for criminal intelligence systems, 28 CFR part 23.
    Intelligence,
}

impl Certification {
    pub const ALL: [Self; 3] = [Self::Sworn, Self::CriminalHistory, Self::Intelligence];

    /// As policies write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sworn => "SWORN",
            Self::CriminalHistory => "CRIMINAL_HISTORY",
            Self::Intelligence => "28CFR23",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Certifications {
    sworn: bool,
    criminal_history: bool,
    intelligence: bool,
}

impl Certifications {
    pub const fn has(self, certification: Certification) -> bool {
        match certification {
            Certification::Sworn => self.sworn,
            Certification::CriminalHistory => self.criminal_history,
            Certification::Intelligence => self.intelligence,
        }
    }
}

/// # Errors
/// `UNAUTHENTICATED`: what must be known is missing, too long, or not for this issuer to say.
pub(super) fn who(
    claims: &Map<String, Value>,
    issuer: &IssuerConfig,
    config: &Config,
    expires_at: u64,
    limits: &Limits,
) -> Result<Who, Refusal> {
    let names = &issuer.claims;
    let text = |name: &str| text(claims, name, limits);
    let user = text(&names.user)?.ok_or_else(|| missing("the user"))?;
    let agency = text(&names.agency)?.map(|text| agency(&text, issuer)).transpose()?;
    let kind = kind(names.kind.as_deref().map(text).transpose()?.flatten(), agency.as_ref(), issuer, config)?;
    if kind.has_ori() && agency.is_none() {
        return Err(missing("the employer's ORI"));
    }
    let subject = names.subject.as_deref().filter(|_| kind == AgencyKind::Subject).map(text).transpose()?.flatten();
    if kind == AgencyKind::Subject && subject.is_none() {
        return Err(missing("the subject's golden record"));
    }
    Ok(Who {
        user,
        provider: text(&names.provider)?.unwrap_or_else(|| issuer.url.clone()),
        agency,
        employer: text(&names.employer)?,
        kind,
        roles: roles(claims, issuer, limits)?,
        division: text(&names.division)?,
        bar: names.bar.as_deref().map(text).transpose()?.flatten(),
        certifications: Certifications {
            sworn: flag(claims, &names.sworn),
            criminal_history: flag(claims, &names.criminal_history),
            intelligence: flag(claims, &names.intelligence),
        },
        subject,
        token: text("jti")?,
        expires_at: Some(expires_at),
    })
}

impl Caller {
    /// A caller as if a token had said this, with every claim under its standard name: to explain what they would get, and to test it.
    /// Nobody becomes one over HTTP.
    ///
    /// # Errors
    /// As for a token with these claims.
    pub fn supposed(claims: &Map<String, Value>, stated: Stated) -> Result<Self, Refusal> {
        let issuer = IssuerConfig {
            url: "headwaters".into(),
            audiences: Vec::new(),
            algorithms: Vec::new(),
            agencies: OriPattern::new("*").into_iter().collect(),
            kinds: AgencyKind::ALL.to_vec(),
            roles: BTreeMap::new(),
            claims: ClaimNames::all(),
        };
        let who = who(claims, &issuer, &Config::default(), u64::MAX, &Limits::default())?;
        Ok(Self::new(Arc::new(who), stated))
    }
}

fn at<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(pointer) = name.strip_prefix('/') else { return claims.get(name) };
    let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
    let mut steps = pointer.split('/').map(unescaped);
    let first = claims.get(&steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

fn text(claims: &Map<String, Value>, name: &str, limits: &Limits) -> Result<Option<Arc<str>>, Refusal> {
    match at(claims, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => bounded(text, limits).map(|text| (!text.is_empty()).then(|| text.into())),
        Some(_) => Err(unreadable()),
    }
}

/// One text, or a list of them.
fn roles(claims: &Map<String, Value>, issuer: &IssuerConfig, limits: &Limits) -> Result<Vec<Arc<str>>, Refusal> {
    let given = match at(claims, &issuer.claims.roles) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) if values.len() <= limits.roles_max => values.as_slice(),
        Some(value @ Value::String(_)) => std::slice::from_ref(value),
        Some(_) => return Err(unreadable()),
    };
    let mut roles = Vec::with_capacity(given.len());
    for value in given {
        let Value::String(role) = value else { return Err(unreadable()) };
        let role = bounded(role, limits)?;
        let known = if issuer.roles.is_empty() { Some(Arc::from(role)) } else { issuer.roles.get(role).cloned() };
        roles.extend(known.filter(|known| !roles.contains(known)));
    }
    Ok(roles)
}

/// JSON's own truth, or XML's, which GFIPM speaks.
fn flag(claims: &Map<String, Value>, name: &str) -> bool {
    match at(claims, name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true" || text == "1",
        _ => false,
    }
}

fn bounded<'a>(text: &'a str, limits: &Limits) -> Result<&'a str, Refusal> {
    let plain = text.len() <= limits.claim_bytes_max && !text.chars().any(char::is_control);
    if plain { Ok(text) } else { Err(unreadable()) }
}

fn agency(text: &str, issuer: &IssuerConfig) -> Result<Ori, Refusal> {
    let ori = Ori::new(text)
        .ok_or_else(|| unauthenticated("the token's ORI is none", "an ORI has nine capitals and digits: MT0560000"))?;
    if issuer.agencies.iter().any(|pattern| pattern.covers(&ori)) {
        return Ok(ori);
    }
    Err(unauthenticated(
        "the token's issuer does not speak for this agency",
        "the operator lists the agencies of an issuer in `agencies` of headwaters.toml",
    ))
}

fn kind(
    claimed: Option<Arc<str>>,
    agency: Option<&Ori>,
    issuer: &IssuerConfig,
    config: &Config,
) -> Result<AgencyKind, Refusal> {
    if let Some(kind) = agency.and_then(|ori| config.agencies.get(ori)) {
        return Ok(*kind);
    }
    if let Some(claimed) = claimed {
        let kind = AgencyKind::named(&claimed).filter(|kind| issuer.kinds.contains(kind));
        return kind.ok_or_else(|| {
            let hint = "the operator lists the kinds that an issuer may claim in `kinds` of headwaters.toml";
            unauthenticated("the token's issuer may not claim this kind of agency", hint)
        });
    }
    agency.and_then(Ori::kind).ok_or_else(|| {
        let hint = "the operator names the kind of an agency in `[agency.ORI]` of headwaters.toml";
        unauthenticated("nothing says what kind of agency the caller works for", hint)
    })
}

fn missing(what: &str) -> Refusal {
    let message = format!("the token does not say {what}");
    unauthenticated(&message, "docs/callers.md lists the claims that a token needs")
}

fn unreadable() -> Refusal {
    let hint = "claims are short texts without control characters; docs/callers.md lists them";
    unauthenticated("a claim of the token can't be read", hint)
}
