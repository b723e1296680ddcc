//! Purge: ends every copy of what sources said, for those whom policies let, and on record before and after.

use super::{Answered, Arrival, Gateway};
use crate::caller::Caller;
use crate::error::{Code, Refusal};
use crate::graph::{Graph, SourceId, TypeId};
use crate::ledger::{Purging, Unavailable};
use crate::observe::{self, Event};
use crate::operation::OperationKind;
use crate::policy::{Asking, Copies};
use crate::request::Request;
use crate::response;
use crate::viewer::Viewer;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::RwLockReadGuard;

/// What is not to be kept any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// Everything that a source said.
    Source(Arc<str>),
    /// A record, or a person and all that is theirs. Whatever agencies said may hold a part of it, so it goes with everything of theirs.
    Record { of: Arc<str>, key: Arc<str> },
}

/// What was removed of one source's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    pub source: Arc<str>,
    /// Keys of which something was kept here.
    pub entries: u64,
}

/// Why nothing is purged.
pub use crate::source::Declined as NotPurged;

/// The code of why nothing is purged, why that is in words, and what next.
#[must_use]
pub const fn not_purged(why: NotPurged) -> (Code, &'static str, &'static str) {
    let (message, hint) = response::told(why);
    (response::declined(why), message, hint)
}

/// How often an answer is made anew that a purge has overtaken.
const ANEW_MAX: usize = 3;

impl Gateway {
    /// Ends copies. Once this resolves, nothing leaves that was made of them, here or at another gateway of the same store.
    ///
    /// # Errors
    /// Where they may not, or it can't be.
    pub async fn purge(&self, caller: &Caller, what: &Purge, arrival: Arrival) -> Result<Vec<Purged>, NotPurged> {
        self.purge_for(&caller.viewer(arrival.at), what, arrival.instant).await
    }

    /// As [`Self::purge`], where that is what somebody asked as a part of the graph; `started`: when.
    pub(super) async fn purge_for(
        &self,
        viewer: &Viewer,
        what: &Purge,
        started: Instant,
    ) -> Result<Vec<Purged>, NotPurged> {
        let world = self.world.load_full();
        let (graph, asking) = (&*world.graph, Asking::of_viewer(viewer));
        let meant = named(graph, what, || world.sources.keeping())?;
        let may = |id: &SourceId| {
            let source = graph.source(*id);
            let copies = Copies { agency: source.agency.as_deref().unwrap_or_default(), source: &source.name };
            world.policies.may_purge(&asking, &copies)
        };
        let sources: Vec<SourceId> = meant.into_iter().filter(may).collect();
        if sources.is_empty() {
            return Err(NotPurged::Forbidden);
        }
        let names: Vec<&str> = sources.iter().map(|id| &*graph.source(*id).name).collect();
        let record = match what {
            Purge::Source(_) => None,
            Purge::Record { of, key } => Some((&**of, &**key, is_person(graph, of))),
        };
        let told = Purging { viewer, record, sources: &names, took: started.elapsed(), removed: None };
        self.ledger.purging(&told).await.map_err(unrecorded)?;
        let removed = world.sources.purge(graph, &sources).await.map_err(|_| NotPurged::NotTold)?;
        // Whoever was about to leave with an answer of before has left.
        drop(self.leaving.write().await);
        let entries: Vec<u64> = removed.iter().map(|one| one.entries).collect();
        let told = Purging { removed: Some(&entries), took: started.elapsed(), ..told };
        self.ledger.purging(&told).await.map_err(unrecorded)?;
        observe::emit(&Event::Purged { sources: names.len(), entries: entries.iter().sum() });
        let purged = |(name, entries): (&&str, &u64)| Purged { source: (*name).into(), entries: *entries };
        Ok(names.iter().zip(&entries).map(purged).collect())
    }

    /// The stages, made anew where something was purged meanwhile; and the right to leave with what came of them, until it is given back.
    pub(super) async fn settled(
        &self,
        request: &Request,
        caller: &Caller,
        arrival: Arrival,
    ) -> (Result<Answered, Refusal>, RwLockReadGuard<'_, ()>) {
        let mut outcome = self.stages(request, caller, arrival).await;
        for _ in 0..ANEW_MAX {
            let leaving = self.leaving.read().await;
            if !outcome.as_ref().is_ok_and(is_overtaken) {
                return (outcome, leaving);
            }
            drop(leaving);
            outcome = self.stages(request, caller, arrival).await;
        }
        let leaving = self.leaving.read().await;
        let overtaken = outcome.as_ref().is_ok_and(is_overtaken);
        (if overtaken { Err(super::door::overloaded()) } else { outcome }, leaving)
    }
}

/// Whether copies have ended since it was made. What has an effect is not made twice.
fn is_overtaken(answered: &Answered) -> bool {
    let query = answered.permitted.operation().tree.kind == OperationKind::Query;
    query && answered.world.sources.purges() != answered.purges
}

fn named(graph: &Graph, what: &Purge, all: impl Fn() -> Vec<SourceId>) -> Result<Vec<SourceId>, NotPurged> {
    match what {
        Purge::Source(name) => {
            let found = (0..).map(SourceId).zip(&graph.sources).find(|(_, source)| source.name == *name);
            found.map(|(id, _)| vec![id]).ok_or(NotPurged::Unknown)
        }
        Purge::Record { of, .. } => graph.type_named(of).map(|_| all()).ok_or(NotPurged::Unknown),
    }
}

/// Whether records of other types are of those of this one.
fn is_person(graph: &Graph, of: &str) -> bool {
    let person = graph.type_named(of);
    let types = (0..).map(TypeId).take(graph.types.len());
    types.filter_map(|on| graph.subject_of(on)).any(|whose| Some(whose) == person)
}

fn unrecorded(why: Unavailable) -> NotPurged {
    observe::emit(&Event::NotRecorded { why: &why.to_string() });
    NotPurged::NotRecorded
}
