//! Emergency: beyond a guardrail for thirty minutes (break-glass), with a consequence.
//!
//! Somebody says about which person, for which incident and why. While the emergency stands, the guardrails that say so do not keep from them the
//! records of that one person, and a review is due within a day that somebody else must close. A gateway can ask for a second person
//! first. Whether somebody may do any of this is for `policy` to say; here it is known what was done, by whom and when.
//!
//! Everything is in the journal before it counts. The journal is read at the start, so a restart ends no emergency and forgets no review.

mod journal;
mod kept;
mod refused;
#[cfg(test)]
mod tests;

pub use journal::{Journal, NotRead};
pub use kept::{Ask, Emergencies};
pub use refused::Refused;

use crate::limits::Limits;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whom it takes, and how long things last. Times are seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub second_person: SecondPerson,
    /// How long an emergency stands.
    pub stands_s: i64,
    /// How long a second person may take to approve it, where one is asked first.
    pub approve_s: i64,
    /// When its review is due, from when it began to stand.
    pub review_s: i64,
    /// Emergencies that are known of at the same time.
    pub kept_max: usize,
    /// Of one person, those that stand or wait at the same time.
    pub own_max: usize,
}

/// When a second person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecondPerson {
    /// Before the emergency stands, and for the review.
    First,
    /// For the review only.
    #[default]
    After,
}

/// Somebody who does something about an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Their id, as their identity provider has it.
    pub user: Arc<str>,
    /// Who vouches for them.
    pub provider: Arc<str>,
    /// ORI of their agency; empty for those who have none.
    pub agency: Arc<str>,
    /// A value of the graph's `AgencyKind`.
    pub kind: Arc<str>,
}

/// What a review came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Finding {
    Justified,
    NotJustified,
}

/// A review that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub by: Party,
    pub at: i64,
    pub finding: Finding,
    pub note: Arc<str>,
}

/// One emergency. Moments are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    pub id: Arc<str>,
    pub opener: Party,
    /// Id of the golden record of the person whom it is about.
    pub subject: Arc<str>,
    /// Number of the incident.
    pub incident: Arc<str>,
    pub reason: Arc<str>,
    pub opened_at: i64,
    /// From when it stands or stood; `None` where a second person has not approved it.
    pub began_at: Option<i64>,
    /// Whom it took to begin.
    pub approved_by: Option<Party>,
    /// Until when a second person may approve it.
    pub approve_until: i64,
    /// The second from which it does not stand any more.
    pub until: Option<i64>,
    pub review_due: Option<i64>,
    pub review: Option<Review>,
}

/// Where an emergency has got to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A second person is asked first.
    Waiting,
    /// Nobody approved it in time.
    Lapsed,
    Stands,
    /// It is over, and somebody else must review it.
    ReviewDue,
    /// Nobody has, in time.
    ReviewOverdue,
    Reviewed,
}

impl Terms {
    #[must_use]
    pub fn new(second_person: SecondPerson, limits: &Limits) -> Self {
        Self {
            second_person,
            stands_s: limits.emergency_stands_s,
            approve_s: limits.emergency_approve_s,
            review_s: limits.emergency_review_s,
            kept_max: limits.emergencies_kept,
            own_max: limits.emergencies_own_max,
        }
    }
}

impl State {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Lapsed => "LAPSED",
            Self::Stands => "STANDS",
            Self::ReviewDue => "REVIEW_DUE",
            Self::ReviewOverdue => "REVIEW_OVERDUE",
            Self::Reviewed => "REVIEWED",
        }
    }
}

impl Party {
    /// Two providers may know two users by one id.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.user == other.user && self.provider == other.provider
    }

    /// Whether it may be the same human: one id at two providers, or in two spellings.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        self.user.to_lowercase() == other.user.to_lowercase()
    }
}

impl Emergency {
    /// Where it has got to at this second.
    #[must_use]
    pub fn state(&self, at: i64) -> State {
        match (&self.review, self.until, self.review_due) {
            (Some(_), ..) => State::Reviewed,
            (None, Some(until), _) if at < until => State::Stands,
            (None, Some(_), Some(due)) if at >= due => State::ReviewOverdue,
            (None, Some(_), _) => State::ReviewDue,
            (None, None, _) if at < self.approve_until => State::Waiting,
            (None, None, _) => State::Lapsed,
        }
    }
}
