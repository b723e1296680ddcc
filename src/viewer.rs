//! Viewer: who asks, in plain words, for the gateway's own part of the graph: that part must not know what a caller is.
//!
//! `caller` makes one, `source` hands it on, `native` reads it. It proves nothing by itself.

use std::fmt;
use std::sync::Arc;

/// Who asks, what a token proves of them, and what their request states. Nobody, by default.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Viewer {
    /// The user's id, as their identity provider has it.
    pub user: Arc<str>,
    /// Who vouches for the user.
    pub provider: Option<Arc<str>>,
    /// ORI of the employer.
    pub agency: Option<Arc<str>>,
    /// Name of the employer.
    pub employer: Option<Arc<str>>,
    /// A value of the graph's `AgencyKind`.
    pub kind: Option<Arc<str>>,
    pub roles: Vec<Arc<str>>,
    /// Part of the agency with walls of its own.
    pub division: Option<Arc<str>>,
    /// Number in the roll of the state bar.
    pub bar: Option<Arc<str>>,
    /// `sworn`, `NCIC`, `28CFR23`: those that they have.
    pub certifications: Vec<Arc<str>>,
    /// Id of the golden record that is the user's own.
    pub subject: Option<Arc<str>>,
    /// Id of the token, RFC 7519 `jti`.
    pub token: Option<Arc<str>>,
    /// What the request is for, as requests and policies write it.
    pub purpose: Option<Arc<str>>,
    /// Why, in the caller's words.
    pub reason: Option<Arc<str>>,
    /// Number of a case, booking, warrant or incident.
    pub case_reference: Option<Arc<str>>,
    /// For whom it is asked, where that is somebody else.
    pub on_behalf_of: Option<Arc<str>>,
    /// Id of the golden record of the person for whom an emergency of theirs stands.
    pub emergency: Option<Arc<str>>,
    /// Seconds since 1970 at which the request came: the time that counts for all that is decided about it.
    pub asked_at: i64,
}

/// Ids only: reasons and names are the caller's own.
impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viewer")
            .field("user", &self.user)
            .field("provider", &self.provider)
            .field("agency", &self.agency)
            .field("kind", &self.kind)
            .field("token", &self.token)
            .field("purpose", &self.purpose)
            .field("asked_at", &self.asked_at)
            .finish_non_exhaustive()
    }
}
