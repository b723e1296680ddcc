//! Purged: that copies were to end, and that they have: two records, the first before anything is done.

use super::keep::{Kept, Ledger, now};
use super::log::Unavailable;
use crate::viewer::Viewer;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// A purge, before and after.
#[derive(Debug, Clone, Copy)]
pub struct Purging<'a> {
    pub viewer: &'a Viewer,
    /// The type and key of a record, and whether it is a person; `None` where a whole source was named.
    pub record: Option<(&'a str, &'a str, bool)>,
    /// Names of the sources whose copies end.
    pub sources: &'a [&'a str],
    pub took: Duration,
    /// By source, the keys of which something was kept; `None` before it is done.
    pub removed: Option<&'a [u64]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    kind: &'static str,
    at: &'a str,
    instance: &'a str,
    done: bool,
    user: &'a str,
    provider: &'a str,
    agency: Option<&'a str>,
    purpose: Option<&'a str>,
    reason: Option<&'a str>,
    case_reference: Option<&'a str>,
    #[serde(rename = "type")]
    of: Option<&'a str>,
    key: Option<String>,
    sources: &'a [&'a str],
    removed: Option<&'a [u64]>,
    took_us: u64,
}

impl Ledger {
    /// Puts it on record. When this resolves, it is.
    ///
    /// # Errors
    /// Where it can't be.
    pub async fn purging(&self, purging: &Purging<'_>) -> Result<(), Unavailable> {
        let Some(kept) = self.kept() else { return Ok(()) };
        let key = match purging.record {
            Some((_, key, person)) => Some(named(kept, key, person).await?),
            None => None,
        };
        let viewer = purging.viewer;
        let line = Line {
            kind: "purge",
            at: &now(),
            instance: &kept.instance,
            done: purging.removed.is_some(),
            user: &viewer.user,
            provider: viewer.provider.as_deref().unwrap_or_default(),
            agency: viewer.agency.as_deref(),
            purpose: viewer.purpose.as_deref(),
            reason: viewer.reason.as_deref(),
            case_reference: viewer.case_reference.as_deref(),
            of: purging.record.map(|(of, ..)| of),
            key,
            sources: purging.sources,
            removed: purging.removed,
            took_us: u64::try_from(purging.took.as_micros()).unwrap_or(u64::MAX),
        };
        kept.log.append(serde_json::to_vec(&line).unwrap_or_default()).await.map(|_| ())
    }
}

/// A person as this ledger names them.
async fn named(kept: &Arc<Kept>, key: &str, person: bool) -> Result<String, Unavailable> {
    let (Some(subjects), true) = (&kept.subjects, person) else { return Ok(key.to_owned()) };
    let (subjects, key) = (Arc::clone(subjects), key.to_owned());
    let sealed = tokio::task::spawn_blocking(move || subjects.seal_all(&[&key])).await;
    let sealed = sealed.map_err(|_| Unavailable::Failing)??;
    sealed.into_iter().next().ok_or(Unavailable::Failing)
}
