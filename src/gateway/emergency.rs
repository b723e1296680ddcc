//! Emergency: who does what about one, as far as the policies let them, and who asks in one.

use super::{Arrival, Gateway};
use crate::caller::Caller;
use crate::emergency::{Ask, Emergency, Finding, Party, Refused};
use crate::error::Refusal;
use crate::observe::{self, Event};
use crate::policy::{self, Act, Asking};
use std::borrow::Cow;
use std::sync::Arc;

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// The policies do not let them.
    Forbidden,
    Refused(Refused),
}

impl Gateway {
    /// The caller, in the emergency that the request states.
    ///
    /// # Errors
    /// `PURPOSE_REFUSED` where none of that id stands that is theirs.
    pub(super) fn in_emergency<'c>(&self, caller: &'c Caller, at: i64) -> Result<Cow<'c, Caller>, Refusal> {
        let Some(id) = &caller.stated().break_glass else { return Ok(Cow::Borrowed(caller)) };
        let stands = self.emergencies.standing(id, &party(caller), at)?;
        Ok(Cow::Owned(caller.in_emergency(&stands.subject, &stands.reason, &stands.incident)))
    }

    /// Opens one for whoever asks.
    ///
    /// # Errors
    /// Where they may not, or it can't be.
    pub async fn open_emergency(&self, caller: &Caller, ask: Ask, arrival: Arrival) -> Result<Arc<Emergency>, Undone> {
        let party = party(caller);
        // What it is for is said here, not in a header.
        let asking = Asking { reason: true, case_ref: Some(ask.incident.clone()), ..Asking::of(caller) };
        self.may(&asking, Act::Open, &party)?;
        let opened = self.emergencies.opened(party, ask, arrival.at, &self.limits).await;
        told("opened", caller, opened)
    }

    /// Approves somebody's.
    ///
    /// # Errors
    /// Where they may not, or it can't be.
    pub async fn approve_emergency(&self, caller: &Caller, id: &str, at: Arrival) -> Result<Arc<Emergency>, Undone> {
        self.may(&Asking::of(caller), Act::Approve, &self.seen(caller, id)?.opener)?;
        told("approved", caller, self.emergencies.approved(id, party(caller), at.at).await)
    }

    /// Closes the review of somebody's.
    ///
    /// # Errors
    /// Where they may not, or it can't be.
    pub async fn review_emergency(
        &self,
        caller: &Caller,
        id: &str,
        found: (Finding, Arc<str>),
        arrival: Arrival,
    ) -> Result<Arc<Emergency>, Undone> {
        self.may(&Asking::of(caller), Act::Review, &self.seen(caller, id)?.opener)?;
        let reviewed = self.emergencies.reviewed(id, party(caller), found, arrival.at, &self.limits).await;
        told("reviewed", caller, reviewed)
    }

    /// Those that somebody may be shown, the latest first.
    #[must_use]
    pub fn emergencies(&self, caller: &Caller) -> Vec<Arc<Emergency>> {
        let asking = Asking::of(caller);
        let mut all = self.emergencies.all();
        all.retain(|one| self.may(&asking, Act::See, &one.opener).is_ok());
        all
    }

    /// One that may not be seen is as one that is not.
    fn seen(&self, caller: &Caller, id: &str) -> Result<Arc<Emergency>, Undone> {
        let found = self.emergencies.find(id);
        let seen = found.filter(|one| self.may(&Asking::of(caller), Act::See, &one.opener).is_ok());
        seen.ok_or(Undone::Refused(Refused::Unknown))
    }

    fn may(&self, asking: &Asking, act: Act, opener: &Party) -> Result<(), Undone> {
        let Party { user, provider, agency, kind } = opener;
        let emergency = policy::Emergency { opener: user, provider, agency, kind };
        if self.world.load().policies.may(asking, act, &emergency) { Ok(()) } else { Err(Undone::Forbidden) }
    }
}

fn party(caller: &Caller) -> Party {
    Party {
        user: caller.name().clone(),
        provider: caller.provider().clone(),
        agency: caller.agency().map(|ori| ori.as_str().into()).unwrap_or_default(),
        kind: caller.agency_kind().name().into(),
    }
}

fn told(did: &'static str, caller: &Caller, done: Result<Arc<Emergency>, Refused>) -> Result<Arc<Emergency>, Undone> {
    let done = done.map_err(Undone::Refused)?;
    let agency = caller.agency().map_or("", |ori| ori.as_str());
    observe::emit(&Event::Emergency { id: &done.id, did, user: caller.name(), agency });
    Ok(done)
}
