//! Purges: how often the copies of each source had to end. An epoch is part of what records are kept under, so those of an earlier
//! one are found by nobody.
//!
//! Several gateways know it from a table of their store. One that has not read that for a while can't know what was purged meanwhile, and
//! believes nothing that it keeps: so a purge is over everywhere once that while has passed.

use super::sources::Reach;
use super::{Reason, Sources};
use crate::graph::{Graph, SourceId};
use crate::limits::Limits;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Purges {
    /// The store with the table, and its name; without one this process alone knows.
    store: Option<(SourceId, Arc<str>)>,
    names: Vec<Arc<str>>,
    epochs: Vec<AtomicU64>,
    start: Instant,
    /// Milliseconds after the start at which the table was asked when it answered last; 0: never.
    seen_ms: AtomicU64,
    unseen_max: Duration,
    pause: Duration,
}

/// What a purge has removed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub source: SourceId,
    /// Keys of which something was kept.
    pub entries: u64,
}

impl Purges {
    pub fn new(graph: &Graph, limits: &Limits) -> Self {
        let sources = (0_u16..).map(SourceId).zip(&graph.sources);
        Self {
            store: sources.clone().find_map(|(id, source)| Some((id, Arc::clone(source.purges.as_ref()?)))),
            names: graph.sources.iter().map(|source| Arc::clone(&source.name)).collect(),
            epochs: graph.sources.iter().map(|_| AtomicU64::new(0)).collect(),
            start: Instant::now(),
            seen_ms: AtomicU64::new(0),
            unseen_max: Duration::from_millis(limits.purges_unseen_ms_max),
            pause: Duration::from_millis(limits.purges_pause_ms.max(1)),
        }
    }

    /// The epoch of a source; `None` where nobody knows it for certain now.
    pub fn epoch(&self, source: SourceId) -> Option<u64> {
        let epoch = self.epochs.get(source.index())?.load(Ordering::Acquire);
        self.is_known().then_some(epoch)
    }

    /// Changes with every purge, and where it is no longer known or known again what was purged.
    pub fn mark(&self) -> Option<u64> {
        let sum = self.epochs.iter().map(|epoch| epoch.load(Ordering::Acquire)).sum();
        self.is_known().then_some(sum)
    }

    fn is_known(&self) -> bool {
        let seen = Duration::from_millis(self.seen_ms.load(Ordering::Acquire));
        self.store.is_none() || (!seen.is_zero() && self.start.elapsed().saturating_sub(seen) < self.unseen_max)
    }

    /// Takes over what the table said, which was asked at that moment.
    fn take(&self, rows: &[(String, i64)], asked_at: Instant) {
        let count = |name: &str| {
            let row = rows.iter().find(|(known, _)| known == name);
            row.and_then(|(_, count)| u64::try_from(*count).ok()).unwrap_or_default()
        };
        for (epoch, name) in self.epochs.iter().zip(&self.names) {
            // Never back: an answer may come late.
            epoch.fetch_max(count("") + count(name), Ordering::AcqRel);
        }
        let asked = asked_at.saturating_duration_since(self.start).as_millis();
        self.seen_ms.fetch_max(u64::try_from(asked).unwrap_or(u64::MAX).max(1), Ordering::AcqRel);
    }

    async fn look(&self, reach: &Reach) -> Result<(), Reason> {
        let Some((id, table)) = &self.store else { return Ok(()) };
        let store = reach.store(*id).ok_or_else(|| Reason::Unavailable("no store".to_owned()))?;
        let asked_at = Instant::now();
        self.take(&store.purges(table).await?, asked_at);
        Ok(())
    }

    /// Looks what was purged so far, and from now on again and again.
    pub async fn begin(self: &Arc<Self>, reach: &Arc<Reach>) {
        // A store that does not answer yet stops nobody: nothing is kept until it does.
        _ = tokio::time::timeout(self.pause, self.look(reach)).await;
        self.watch(reach);
    }

    /// Until the sources are gone.
    fn watch(self: &Arc<Self>, reach: &Arc<Reach>) {
        let Some((id, _)) = self.store else { return };
        let (purges, reach): (Arc<Self>, Weak<Reach>) = (Arc::clone(self), Arc::downgrade(reach));
        tokio::spawn(async move {
            let mut listener = None;
            while let Some(reach) = reach.upgrade() {
                if listener.is_none() {
                    listener = match reach.store(id) {
                        Some(store) => tokio::time::timeout(purges.pause, store.listener()).await.ok().flatten(),
                        None => return,
                    };
                }
                // What could not be read is told by what is not believed any more.
                _ = purges.look(&reach).await;
                drop(reach);
                match listener.take() {
                    Some(told) => listener = told.told(purges.pause).await,
                    None => tokio::time::sleep(purges.pause).await,
                }
            }
        });
    }
}

impl Sources {
    /// Ends every copy of what these sources said, wherever it is kept. When this resolves, nobody finds one.
    ///
    /// # Errors
    /// Where others could not be told: then nothing is removed for certain.
    pub async fn purge(&self, graph: &Graph, sources: &[SourceId]) -> Result<Vec<Removed>, Reason> {
        let purges = &self.shared.purges;
        if let Some((id, table)) = &purges.store {
            let store = self.reach.store(*id).ok_or_else(|| Reason::Unavailable("no store".to_owned()))?;
            let names: Vec<&str> = sources.iter().map(|id| &*graph.source(*id).name).collect();
            store.purge(table, &names).await?;
            purges.look(&self.reach).await?;
            if store.is_for_several() || self.shared.tier.get().is_some() {
                tokio::time::sleep(purges.unseen_max).await;
            }
        } else {
            for id in sources {
                if let Some(epoch) = purges.epochs.get(id.index()) {
                    epoch.fetch_add(1, Ordering::AcqRel);
                }
            }
        }
        let removed = sources.iter().map(|id| Removed { source: *id, entries: self.shared.cache.remove(*id) });
        Ok(removed.collect())
    }

    /// Sources of which something may be kept.
    #[must_use]
    pub fn keeping(&self) -> Vec<SourceId> {
        self.reach.agencies()
    }

    /// Changes with every purge: see [`Purges::mark`].
    #[must_use]
    pub fn purges(&self) -> Option<u64> {
        self.shared.purges.mark()
    }
}
