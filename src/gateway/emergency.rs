//! Emergency: who does what about one, as far as the policies let them, and who asks in one.

use super::{Arrival, Gateway};
use crate::caller::Caller;
use crate::emergency::{Ask, Emergency, Finding, Party, Refused};
use crate::error::{Code, Refusal};
use crate::ledger::{Acted, Ending, Occasion};
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

impl Undone {
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Forbidden => Code::Forbidden,
            Self::Refused(refused) => refused.code(),
        }
    }
}

const fn acted(what: &str) -> Acted<'_> {
    Acted { what, id: None, incident: None, reason: None, refused: None }
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
        let (incident, reason) = (Arc::clone(&ask.incident), Arc::clone(&ask.reason));
        let opened = match self.may_open(&asking, &party, arrival.at) {
            Ok(()) => told("opened", caller, self.emergencies.opened(party, ask, arrival.at, &self.limits).await),
            Err(undone) => Err(undone),
        };
        let said = Acted { incident: Some(&incident), reason: Some(&reason), ..acted("break-glass open") };
        self.on_record(caller, arrival, said, opened).await
    }

    /// Whether somebody may open one, and if not, whether that is since the review of an earlier one is overdue.
    fn may_open(&self, asking: &Asking, party: &Party, at: i64) -> Result<(), Undone> {
        let overdue = self.emergencies.is_overdue(party, at);
        let forbidden = match self.may_be(asking, Act::Open, party, overdue) {
            Err(forbidden) if overdue => forbidden,
            decided => return decided,
        };
        let otherwise = self.may_be(asking, Act::Open, party, false);
        Err(otherwise.map_or(forbidden, |()| Undone::Refused(Refused::Overdue)))
    }

    /// Approves somebody's.
    ///
    /// # Errors
    /// Where they may not, or it can't be.
    pub async fn approve_emergency(&self, caller: &Caller, id: &str, at: Arrival) -> Result<Arc<Emergency>, Undone> {
        let approved = match self.may_about(caller, Act::Approve, id) {
            Ok(()) => told("approved", caller, self.emergencies.approved(id, party(caller), at.at).await),
            Err(undone) => Err(undone),
        };
        self.on_record(caller, at, Acted { id: Some(id), ..acted("break-glass approve") }, approved).await
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
        let reviewed = match self.may_about(caller, Act::Review, id) {
            Ok(()) => {
                let reviewed = self.emergencies.reviewed(id, party(caller), found, arrival.at, &self.limits).await;
                told("reviewed", caller, reviewed)
            }
            Err(undone) => Err(undone),
        };
        self.on_record(caller, arrival, Acted { id: Some(id), ..acted("break-glass review") }, reviewed).await
    }

    /// Those that somebody may be shown, the latest first.
    ///
    /// # Errors
    /// Where it can't be put on record that they were.
    pub async fn emergencies(&self, caller: &Caller, arrival: Arrival) -> Result<Vec<Arc<Emergency>>, Undone> {
        let asking = Asking::of(caller);
        let mut all = self.emergencies.all();
        all.retain(|one| self.may(&asking, Act::See, &one.opener).is_ok());
        self.put(caller, arrival, acted("break-glass see")).await?;
        Ok(all)
    }

    /// Puts on record what was done about an emergency, or that it was refused. What was done stands in the journal by then, so it counts; whoever
    /// did it is told once it is on record.
    async fn on_record(
        &self,
        caller: &Caller,
        arrival: Arrival,
        said: Acted<'_>,
        done: Result<Arc<Emergency>, Undone>,
    ) -> Result<Arc<Emergency>, Undone> {
        let id = done.as_ref().map(|one| &*one.id).ok().or(said.id);
        self.put(caller, arrival, Acted { id, refused: done.as_ref().err().map(Undone::code), ..said }).await?;
        done
    }

    async fn put(&self, caller: &Caller, arrival: Arrival, acted: Acted<'_>) -> Result<(), Undone> {
        let (took, address) = (arrival.instant.elapsed(), caller.address());
        let occasion = Occasion { request: None, caller: Some(caller), address, took };
        let recorded = self.ledger.record(&occasion, &Ending::Acted(acted)).await;
        recorded.map(|_| ()).map_err(|why| {
            observe::emit(&Event::NotRecorded { why: &why.to_string() });
            Undone::Refused(Refused::NotKept)
        })
    }

    /// Whether somebody may do this about the emergency of this id.
    fn may_about(&self, caller: &Caller, act: Act, id: &str) -> Result<(), Undone> {
        self.may(&Asking::of(caller), act, &self.seen(caller, id)?.opener)
    }

    /// One that may not be seen is as one that is not.
    fn seen(&self, caller: &Caller, id: &str) -> Result<Arc<Emergency>, Undone> {
        let found = self.emergencies.find(id);
        let seen = found.filter(|one| self.may(&Asking::of(caller), Act::See, &one.opener).is_ok());
        seen.ok_or(Undone::Refused(Refused::Unknown))
    }

    fn may(&self, asking: &Asking, act: Act, opener: &Party) -> Result<(), Undone> {
        self.may_be(asking, act, opener, false)
    }

    /// `overdue`: the review of one of the opener's is.
    fn may_be(&self, asking: &Asking, act: Act, opener: &Party, overdue: bool) -> Result<(), Undone> {
        let Party { user, provider, agency, kind } = opener;
        let emergency = policy::Emergency { opener: user, provider, agency, kind, overdue };
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
    observe::emit(&Event::Emergency { id: &done.id, did, agency });
    Ok(done)
}
