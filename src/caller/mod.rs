//! Caller: who asks, for which agency, in which role, and for which purpose.
//!
//! `Callers::identify` is the one way to a caller who has proved something: a token signed by a known identity provider says who
//! they are, the request itself says what they want it for. Whether they may have it is for `policy` to say. Nobody is asked while
//! a request waits, except the provider whose token names a key that is not known yet, and that within a bound.

mod agency;
mod claims;
mod config;
mod fetch;
mod identify;
mod issuer;
mod keys;
mod purpose;
mod refuse;
mod token;

pub use agency::{AgencyKind, Ori};
pub use claims::Certification;
pub use config::{Algorithm, ClaimNames, Config, IssuerConfig, OriPattern};
pub use fetch::fetch;
pub use identify::Callers;
pub use purpose::{Purpose, Stated};

use crate::graph::ViewId;
use crate::viewer::Viewer;
use claims::Certifications;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Who asks, verified, and what they state about this request.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    who: Arc<Who>,
    stated: Stated,
    address: Option<IpAddr>,
    /// Id of the golden record of the person for whom an emergency of theirs stands.
    emergency: Option<Arc<str>>,
}

/// What a token proves. The names of the claims are those of GFIPM and NIEF; `docs/callers.md` has the table.
#[derive(PartialEq, Eq)]
struct Who {
    /// GFIPM `FederationId`.
    user: Arc<str>,
    /// GFIPM `IdentityProviderId`; the issuer's address where the token says nothing.
    provider: Arc<str>,
    /// GFIPM `EmployerORI`.
    agency: Option<Ori>,
    /// GFIPM `EmployerName`.
    employer: Option<Arc<str>>,
    kind: AgencyKind,
    /// GFIPM `EmployeePositionName`.
    roles: Vec<Arc<str>>,
    /// GFIPM `EmployerSubUnitName`.
    division: Option<Arc<str>>,
    bar: Option<Arc<str>>,
    certifications: Certifications,
    subject: Option<Arc<str>>,
    /// RFC 7519 `jti`.
    token: Option<Arc<str>>,
    /// Seconds since 1970.
    expires_at: Option<u64>,
}

impl Who {
    /// Nothing but a name and a kind.
    fn plain(user: &str, kind: AgencyKind) -> Self {
        Self {
            user: user.into(),
            provider: "headwaters".into(),
            agency: None,
            employer: None,
            kind,
            roles: Vec::new(),
            division: None,
            bar: None,
            certifications: Certifications::default(),
            subject: None,
            token: None,
            expires_at: None,
        }
    }
}

impl Caller {
    fn new(who: Arc<Who>, stated: Stated) -> Self {
        Self { who, stated, address: None, emergency: None }
    }

    /// The same, asking from this address.
    #[must_use]
    pub fn at(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// The developer who works on a graph, in process: for `explain` and for tests. Nobody can be one over HTTP.
    #[must_use]
    pub fn developer() -> Self {
        let stated = Stated { purpose: Some(Purpose::CriminalJustice), ..Stated::default() };
        Self::new(Arc::new(Who::plain("developer", AgencyKind::Bocc)), stated)
    }

    /// Anybody, without a token. The purpose is PUBLIC unless another is stated.
    fn public(stated: Stated) -> Self {
        let purpose = stated.purpose.or(Some(Purpose::Public));
        Self::new(Arc::new(Who::plain("public", AgencyKind::Public)), Stated { purpose, ..stated })
    }

    /// The user's id, as their identity provider has it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.who.user
    }

    /// Who vouches for the user: two providers may know two users by one id.
    #[must_use]
    pub fn provider(&self) -> &Arc<str> {
        &self.who.provider
    }

    /// ORI of the employer; a legislator, a reporter and the public have none.
    #[must_use]
    pub fn agency(&self) -> Option<&Ori> {
        self.who.agency.as_ref()
    }

    #[must_use]
    pub fn employer(&self) -> Option<&Arc<str>> {
        self.who.employer.as_ref()
    }

    /// What the agency is to the justice system: the caller's audience.
    #[must_use]
    pub fn agency_kind(&self) -> AgencyKind {
        self.who.kind
    }

    #[must_use]
    pub fn roles(&self) -> &[Arc<str>] {
        &self.who.roles
    }

    /// Part of the agency with walls of its own, as PUBLIC and CONFLICT of the public defender.
    #[must_use]
    pub fn division(&self) -> Option<&Arc<str>> {
        self.who.division.as_ref()
    }

    /// Number in the roll of the state bar, of an attorney.
    #[must_use]
    pub fn bar(&self) -> Option<&Arc<str>> {
        self.who.bar.as_ref()
    }

    #[must_use]
    pub fn has(&self, certification: Certification) -> bool {
        self.who.certifications.has(certification)
    }

    /// Id of the golden record that is the caller's own: they asked for what is held about themselves.
    #[must_use]
    pub fn subject(&self) -> Option<&Arc<str>> {
        self.who.subject.as_ref()
    }

    #[must_use]
    pub fn token(&self) -> Option<&Arc<str>> {
        self.who.token.as_ref()
    }

    /// Seconds since 1970 after which the token proves nothing; `None` without one.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.who.expires_at
    }

    /// Whether a token says who they are.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.who.expires_at.is_some()
    }

    /// The client's end of the connection.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// What the request says it is for; `None` where it does not say.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        self.stated.purpose
    }

    /// Purpose, reason, case reference and on whose behalf, as stated.
    #[must_use]
    pub const fn stated(&self) -> &Stated {
        &self.stated
    }

    /// The person for whom an emergency of theirs stands: found out, not stated.
    #[must_use]
    pub fn emergency(&self) -> Option<&Arc<str>> {
        self.emergency.as_ref()
    }

    /// The same caller in an emergency that stands. Its reason and incident count, where the request states none.
    #[must_use]
    pub fn in_emergency(&self, subject: &Arc<str>, reason: &Arc<str>, incident: &Arc<str>) -> Self {
        let mut stated = self.stated.clone();
        stated.reason.get_or_insert_with(|| reason.clone());
        stated.case_reference.get_or_insert_with(|| incident.clone());
        Self { who: self.who.clone(), stated, address: self.address, emergency: Some(subject.clone()) }
    }

    /// The same in plain words. `at`: seconds since 1970 at which the request came.
    #[must_use]
    pub fn viewer(&self, at: i64) -> Viewer {
        let text = |text: &str| Arc::<str>::from(text);
        let (who, stated) = (&self.who, &self.stated);
        let certifications = [
            (Certification::Sworn, "sworn"),
            (Certification::CriminalHistory, "NCIC"),
            (Certification::Intelligence, "28CFR23"),
        ];
        let certifications = certifications.into_iter().filter(|(one, _)| self.has(*one));
        Viewer {
            user: who.user.clone(),
            provider: Some(who.provider.clone()),
            agency: who.agency.as_ref().map(|ori| text(ori.as_str())),
            employer: who.employer.clone(),
            kind: Some(text(who.kind.name())),
            roles: who.roles.clone(),
            division: who.division.clone(),
            bar: who.bar.clone(),
            certifications: certifications.map(|(_, name)| text(name)).collect(),
            subject: who.subject.clone(),
            token: who.token.clone(),
            purpose: stated.purpose.map(|purpose| text(purpose.name())),
            reason: stated.reason.clone(),
            case_reference: stated.case_reference.clone(),
            on_behalf_of: stated.on_behalf_of.clone(),
            emergency: self.emergency.clone(),
            asked_at: at,
        }
    }

    /// The graph as this caller's audience may ever ask it.
    #[must_use]
    pub fn view(&self) -> ViewId {
        ViewId::default()
    }
}

/// Ids only: reasons and names are the caller's own.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("user", &self.who.user)
            .field("provider", &self.who.provider)
            .field("agency", &self.who.agency)
            .field("kind", &self.who.kind)
            .field("token", &self.who.token)
            .field("purpose", &self.stated.purpose)
            .finish_non_exhaustive()
    }
}
