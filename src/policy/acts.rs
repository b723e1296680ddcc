//! Acts: what somebody does about an emergency, or about the copies that gateways keep, and whether they may. Policies of the folder
//! `break-glass` decide; they speak of the emergency or the copies, never of a record.

use super::asking::Asking;
use super::policies::Policies;

/// What one may do about an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// To open one for oneself.
    Open,
    /// To approve somebody's, where it takes a second person first.
    Approve,
    /// To close the review of somebody's.
    Review,
    /// To be shown it.
    See,
}

/// What policies may know of an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emergency<'a> {
    /// Federation id of whoever opened it.
    pub opener: &'a str,
    /// Who vouches for that person.
    pub provider: &'a str,
    /// ORI of their agency; empty for those who have none.
    pub agency: &'a str,
    /// A value of the graph's `AgencyKind`.
    pub kind: &'a str,
    /// The review of one of theirs is overdue.
    pub overdue: bool,
}

/// What policies may know of the copies of what one source said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies<'a> {
    /// ORI of the agency that owns the source; empty where none does.
    pub agency: &'a str,
    /// The name of the source.
    pub source: &'a str,
}

impl Copies<'_> {
    /// What one may do to them, as policies write it.
    pub const PURGE: &'static str = "purge";
}

impl Act {
    pub const ALL: [Self; 4] = [Self::Open, Self::Approve, Self::Review, Self::See];

    /// As policies write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approve => "approve",
            Self::Review => "review",
            Self::See => "see",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

impl Policies {
    /// Whether somebody may do this about an emergency. Nobody may where no policy says so, and nobody where a policy fails.
    #[must_use]
    pub fn may(&self, asking: &Asking, act: Act, emergency: &Emergency<'_>) -> bool {
        let served = self.purposes.of(&asking.kind).contains(&asking.purpose);
        served && self.acts.as_ref().is_some_and(|acts| acts.may(asking, act, emergency))
    }

    /// Whether somebody may end the copies of what a source said. Everybody may where everybody may have everything; else whom a policy
    /// lets, and nobody where a policy fails.
    #[must_use]
    pub fn may_purge(&self, asking: &Asking, copies: &Copies<'_>) -> bool {
        let served = self.purposes.of(&asking.kind).contains(&asking.purpose);
        self.is_open() || served && self.acts.as_ref().is_some_and(|acts| acts.may_purge(asking, copies))
    }
}
