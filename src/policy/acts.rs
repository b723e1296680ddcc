//! Acts: what somebody does about an emergency, and whether they may. Policies of the folder `break-glass` decide; they speak of the emergency
//! itself, never of a record.

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
}
