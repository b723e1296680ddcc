//! Config: who may vouch for callers, as meant. `crate::config` reads it from a file.

use super::agency::{AgencyKind, Ori};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that `Callers` is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub issuers: Vec<IssuerConfig>,
    /// Whether one may ask without a token, as the public.
    pub public: bool,
    /// Kinds of agencies whose ORI does not tell it, or tells it wrong.
    pub agencies: BTreeMap<Ori, AgencyKind>,
}

/// One OpenID Connect issuer, and how far it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerConfig {
    /// The value of `iss`, character by character, and where discovery starts.
    pub url: Arc<str>,
    /// A token must be meant for one of them.
    pub audiences: Vec<Arc<str>>,
    pub algorithms: Vec<Algorithm>,
    /// Agencies whose people it may vouch for.
    pub agencies: Vec<OriPattern>,
    /// Kinds that it may claim, where `claims.kind` is named.
    pub kinds: Vec<AgencyKind>,
    /// What roles are called here, by the names that the issuer has for them; empty where both call them the same.
    pub roles: BTreeMap<Arc<str>, Arc<str>>,
    pub claims: ClaimNames,
}

impl IssuerConfig {
    /// One that may vouch for anybody, of any agency and kind, and calls everything as we do: tokens by ECDSA on P-256.
    #[must_use]
    pub fn of_everybody(url: &str, audience: &str) -> Self {
        Self {
            url: url.into(),
            audiences: vec![audience.into()],
            algorithms: vec![Algorithm::Es256],
            agencies: OriPattern::new("*").into_iter().collect(),
            kinds: AgencyKind::ALL.to_vec(),
            roles: BTreeMap::new(),
            claims: ClaimNames::all(),
        }
    }
}

/// What an issuer calls the claims: a name, or a JSON Pointer for a claim within a claim (`/realm_access/roles`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    pub user: Arc<str>,
    pub provider: Arc<str>,
    pub agency: Arc<str>,
    pub employer: Arc<str>,
    pub roles: Arc<str>,
    pub division: Arc<str>,
    pub sworn: Arc<str>,
    pub criminal_history: Arc<str>,
    pub intelligence: Arc<str>,
    /// GFIPM has no name for it: not read unless it is named.
    pub kind: Option<Arc<str>>,
    /// The golden record that is the caller's own: not read unless it is named.
    pub subject: Option<Arc<str>>,
    /// Number in the roll of the state bar: not read unless it is named.
    pub bar: Option<Arc<str>>,
}

impl ClaimNames {
    /// With names of our own where GFIPM has none.
    #[must_use]
    pub fn all() -> Self {
        Self {
            kind: Some("AgencyKind".into()),
            subject: Some("PersonId".into()),
            bar: Some("BarNumber".into()),
            ..Self::default()
        }
    }
}

/// The names of GFIPM User Attributes, as NIEF registers them.
impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            user: "FederationId".into(),
            provider: "IdentityProviderId".into(),
            agency: "EmployerORI".into(),
            employer: "EmployerName".into(),
            roles: "EmployeePositionName".into(),
            division: "EmployerSubUnitName".into(),
            sworn: "SwornLawEnforcementOfficerIndicator".into(),
            criminal_history: "NCICCriminalHistoryPrivilegeIndicator".into(),
            intelligence: "28CFRCertificationIndicator".into(),
            kind: None,
            subject: None,
            bar: None,
        }
    }
}

/// Signatures that a public key can check: RFC 7518 and RFC 8037. With any other, whoever can check a token could make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    Es256,
    Es384,
    EdDsa,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
}

impl Algorithm {
    pub const ALL: [Self; 9] = [
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
    ];

    /// As a token's `alg` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// An ORI, or the beginning of several with a `*` behind it: `MT056*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriPattern {
    start: Arc<str>,
    open: bool,
}

impl OriPattern {
    /// `None` for what is neither.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = |start: &str| start.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        match text.strip_suffix('*') {
            Some(start) => (start.len() < 9 && plain(start)).then(|| Self { start: start.into(), open: true }),
            None => Ori::new(text).map(|_| Self { start: text.into(), open: false }),
        }
    }

    #[must_use]
    pub fn covers(&self, ori: &Ori) -> bool {
        if self.open { ori.as_str().starts_with(&*self.start) } else { ori.as_str() == &*self.start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_starts_with_it() {
        let yellowstone = Ori::new("MT056015J").unwrap();
        for (text, covers) in
            [("MT056015J", true), ("MT056*", true), ("*", true), ("MT016*", false), ("MT056015A", false)]
        {
            assert_eq!(OriPattern::new(text).map(|pattern| pattern.covers(&yellowstone)), Some(covers), "{text}");
        }
        for text in ["", "MT056", "mt056*", "MT0*6*", "MT056015J*", "**"] {
            assert!(OriPattern::new(text).is_none(), "{text}");
        }
    }
}
