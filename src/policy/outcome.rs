//! Outcome: what a caller gets for one value of one record. The ladder, written once.

use super::cedar::{Decided, Decision};
use super::rule::{Facts, Said, Scalar};
use super::vocabulary::{CLOSED, ClassId};
use std::sync::Arc;

/// From what tells most to what tells nothing. Of several classes the last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The value.
    Allow,
    /// That there is one, and whom to ask.
    Exists,
    /// That consent is needed, and how to get it.
    Consent,
    /// That one may not.
    Deny,
    /// Nothing: as if it had never been.
    Hide,
}

/// How one class of one type of records is decided: may it be shown, else may it be known of, else what the class says.
#[derive(Debug, Clone)]
pub struct Ladder {
    pub class: ClassId,
    pub disclose: Arc<Decided>,
    pub exist: Arc<Decided>,
    pub otherwise: Outcome,
    /// Kinds of closures that leave nothing to say, whatever the class says.
    pub hides: Arc<[Arc<str>]>,
}

/// The ladders of all classes of a field, or of a type of records.
#[derive(Debug, Clone)]
pub struct Lane {
    pub ladders: Vec<Ladder>,
    /// The outcome, where it is the same for every record.
    pub fixed: Option<Outcome>,
    /// Facts that it looks at: a bit a position.
    pub reads: u64,
}

impl Outcome {
    pub const ALL: [Self; 5] = [Self::Allow, Self::Exists, Self::Consent, Self::Deny, Self::Hide];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Exists => "EXISTS",
            Self::Consent => "CONSENT",
            Self::Deny => "DENY",
            Self::Hide => "HIDE",
        }
    }
}

impl Ladder {
    /// The outcome, where it is the same for every record.
    #[must_use]
    pub fn fixed(&self) -> Option<Outcome> {
        match (&self.disclose.decision, &self.exist.decision) {
            (Decision::Allowed, _) => Some(Outcome::Allow),
            (Decision::Row(_), _) | (Decision::Denied, Decision::Row(_)) => None,
            (Decision::Denied, Decision::Allowed) => Some(Outcome::Exists),
            (Decision::Denied, Decision::Denied) => Some(self.otherwise),
        }
    }

    /// For a record that says this of itself.
    #[must_use]
    pub fn of(&self, facts: &Facts<'_>) -> Outcome {
        if self.disclose.decision.holds(facts) {
            Outcome::Allow
        } else if self.exist.decision.holds(facts) {
            Outcome::Exists
        } else {
            self.refused(facts)
        }
    }

    /// For a record that may neither be shown nor be known of.
    fn refused(&self, facts: &Facts<'_>) -> Outcome {
        let hides =
            |kind: &Scalar<'_>| matches!(kind, Scalar::Text(kind) if self.hides.iter().any(|own| **own == **kind));
        match facts.get(CLOSED) {
            Some(Said::Many(kinds) | Said::AtLeast(kinds)) if kinds.iter().any(hides) => Outcome::Hide,
            _ => self.otherwise,
        }
    }
}

impl Ladder {
    /// For a record of which some facts could not be found out: the outcome that none of them could change.
    fn known(&self, facts: &Facts<'_>) -> Option<Outcome> {
        if self.disclose.decision.known(facts)? {
            Some(Outcome::Allow)
        } else if self.exist.decision.known(facts)? {
            Some(Outcome::Exists)
        } else {
            // A closure that is not known of might hide it.
            let open = matches!(facts.get(CLOSED), Some(Said::Lost | Said::AtLeast(_))) && !self.hides.is_empty();
            Some(self.refused(facts)).filter(|outcome| *outcome == Outcome::Hide || !open)
        }
    }
}

impl Decision {
    /// For a record that says this of itself. A fault denies.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Allowed => true,
            Self::Denied => false,
            Self::Row(rule) => rule.allows(facts).unwrap_or(false),
        }
    }

    /// The same where it can be worked out.
    fn known(&self, facts: &Facts<'_>) -> Option<bool> {
        match self {
            Self::Allowed => Some(true),
            Self::Denied => Some(false),
            Self::Row(rule) => rule.known(facts),
        }
    }

    fn reads(&self) -> u64 {
        match self {
            Self::Allowed | Self::Denied => 0,
            Self::Row(rule) => rule.reads,
        }
    }
}

impl Lane {
    #[must_use]
    pub fn new(ladders: Vec<Ladder>) -> Self {
        let each: Vec<Option<Outcome>> = ladders.iter().map(Ladder::fixed).collect();
        let fixed = if each.contains(&Some(Outcome::Hide)) {
            Some(Outcome::Hide)
        } else {
            // No class at all leaves nothing to allow it by.
            each.into_iter().collect::<Option<Vec<_>>>().map(|all| all.into_iter().max().unwrap_or(Outcome::Hide))
        };
        let of = |ladder: &Ladder| match &ladder.disclose.decision {
            Decision::Allowed => 0,
            disclose => disclose.reads() | ladder.exist.decision.reads(),
        };
        let hides = |ladder: &Ladder| ladder.otherwise != Outcome::Hide && !ladder.hides.is_empty();
        let closed = if ladders.iter().any(hides) { 1 << CLOSED } else { 0 };
        let reads = if fixed.is_some() { 0 } else { ladders.iter().map(of).fold(closed, |all, one| all | one) };
        Self { ladders, fixed, reads }
    }

    /// For a record of which some facts could not be found out: the outcome that none of them could change, where there is one.
    #[must_use]
    pub fn in_spite_of_loss(&self, facts: &Facts<'_>) -> Option<Outcome> {
        if self.fixed.is_some() {
            return self.fixed;
        }
        let each: Vec<Option<Outcome>> = self.ladders.iter().map(|ladder| ladder.known(facts)).collect();
        if each.contains(&Some(Outcome::Hide)) {
            return Some(Outcome::Hide);
        }
        each.into_iter().collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// For a record that says this of itself.
    #[must_use]
    pub fn of(&self, facts: &Facts<'_>) -> Outcome {
        self.fixed.unwrap_or_else(|| self.ladders.iter().map(|ladder| ladder.of(facts)).max().unwrap_or(Outcome::Hide))
    }
}
