//! Journal: what was done about emergencies, in order, on the disk before it counts.

use super::{Finding, Party, Refused};
use crate::ledger::log::{self, Broken, Log};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where it is kept.
#[derive(Debug)]
pub enum Journal {
    /// In a log of its own.
    Kept(Log),
    /// Nowhere: it ends with the process. For tests, and for what only this machine can reach.
    NotKept,
}

/// One thing that was done. Moments are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(super) enum Line {
    #[serde(rename = "emergency-opened")]
    Opened {
        id: Arc<str>,
        at: i64,
        by: Party,
        subject: Arc<str>,
        incident: Arc<str>,
        reason: Arc<str>,
        /// Until when a second person may approve it, where one is asked first.
        approve_until: i64,
        /// Until when it stands, where none is.
        until: Option<i64>,
        review_due: Option<i64>,
    },
    #[serde(rename = "emergency-approved")]
    Approved { id: Arc<str>, at: i64, by: Party, until: i64, review_due: i64 },
    #[serde(rename = "emergency-reviewed")]
    Reviewed { id: Arc<str>, at: i64, by: Party, finding: Finding, note: Arc<str> },
    /// The log's own: an unfinished write was cut.
    #[serde(rename = "recovery")]
    Recovery {},
}

/// Why a journal can't be read.
#[derive(Debug)]
pub enum NotRead {
    Log(Broken),
    /// The record of this number is none of a journal of emergencies.
    Record(u64),
}

impl Journal {
    pub(super) async fn append(&self, line: &Line) -> Result<(), Refused> {
        let Self::Kept(log) = self else { return Ok(()) };
        let payload = serde_json::to_vec(line).map_err(|_| Refused::NotKept)?;
        log.append(payload).await.map(|_| ()).map_err(|_| Refused::NotKept)
    }
}

/// Everything that was done, from the first.
pub(super) fn lines(folder: &Path) -> Result<Vec<Line>, NotRead> {
    let records = log::records(folder).map_err(NotRead::Log)?;
    let line = |record: Result<log::Record, Broken>| {
        let record = record.map_err(NotRead::Log)?;
        serde_json::from_slice(&record.payload).map_err(|_| NotRead::Record(record.seq))
    };
    records.map(line).collect()
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(broken) => broken.fmt(f),
            Self::Record(seq) => write!(f, "record {seq} says nothing of an emergency"),
        }
    }
}
