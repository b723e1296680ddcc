//! Own: the gateway's own part of the graph, handed to `source` as one that is asked in process, and what it needs of the gateway.

use super::Gateway;
use super::purge::Purge;
use crate::native::{self, Beyond, Native, PurgedSource, Unanswered, Unwanted};
use crate::source::{Declined, Executed, InProcess, NotExecuted};
use crate::viewer::Viewer;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

/// A gateway for its own part. That is made before it, so the gateway is made known here as soon as it is there.
#[derive(Clone, Default)]
pub struct Own(Arc<OnceLock<Weak<Gateway>>>);

impl Own {
    /// By this gateway from now on. One that is told of another keeps the first.
    pub fn by(&self, gateway: &Arc<Gateway>) {
        _ = self.0.set(Arc::downgrade(gateway));
    }

    pub(super) fn gateway(&self) -> Option<Arc<Gateway>> {
        self.0.get().and_then(Weak::upgrade)
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

impl native::Purge for Own {
    fn purge(
        &self,
        what: Unwanted,
        viewer: Arc<Viewer>,
    ) -> BoxFuture<'static, Result<Vec<PurgedSource>, native::NotPurged>> {
        let (gateway, started) = (self.gateway(), Instant::now());
        async move {
            let gateway = gateway.ok_or(native::NotPurged::NotTold)?;
            let what = match what {
                Unwanted::Source(name) => Purge::Source(name.into()),
                Unwanted::Record(of, key) => Purge::Record { of: of.into(), key: key.into() },
            };
            // In a task of its own: once its intent is on record it comes to its end, whoever still waits for that.
            let purging = tokio::spawn(async move { gateway.purge_for(&viewer, &what, started).await });
            let purged = purging.await.map_err(|_| native::NotPurged::NotTold)?.map_err(not_purged)?;
            let entries = |entries: u64| i32::try_from(entries).unwrap_or(i32::MAX);
            let purged =
                purged.iter().map(|one| PurgedSource { source: one.source.to_string(), entries: entries(one.entries) });
            Ok(purged.collect())
        }
        .boxed()
    }
}

const fn not_purged(why: Declined) -> native::NotPurged {
    match why {
        Declined::Forbidden => native::NotPurged::Forbidden,
        Declined::Unknown => native::NotPurged::Unknown,
        Declined::Unclear => native::NotPurged::Unclear,
        Declined::NotRecorded => native::NotPurged::NotRecorded,
        Declined::NotTold => native::NotPurged::NotTold,
    }
}

impl InProcess for Native {
    fn execute(&self, document: &str, variables: Value, viewer: Option<Arc<Viewer>>) -> BoxFuture<'static, Executed> {
        let (native, document) = (self.clone(), document.to_owned());
        async move { native.answer(&document, variables, viewer).await.map_err(not_executed) }.boxed()
    }
}

const fn not_executed(why: Unanswered) -> NotExecuted {
    match why {
        Unanswered::Beyond(Beyond(limit)) => NotExecuted::Beyond(limit),
        Unanswered::NotPurged(why) => NotExecuted::Declined(match why {
            native::NotPurged::Forbidden => Declined::Forbidden,
            native::NotPurged::Unknown => Declined::Unknown,
            native::NotPurged::Unclear => Declined::Unclear,
            native::NotPurged::NotRecorded => Declined::NotRecorded,
            native::NotPurged::NotTold => Declined::NotTold,
        }),
    }
}
