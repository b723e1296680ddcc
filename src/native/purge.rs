//! Purge: ends the copies that gateways keep of what sources said.

use crate::viewer::Viewer;
use async_graphql::SimpleObject;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Ends copies. `gateway` does, for those whom policies let, and on record.
pub trait Purge: Send + Sync {
    /// What was removed of which source, once nobody finds it any more.
    fn purge(&self, what: Unwanted, viewer: Arc<Viewer>) -> BoxFuture<'static, Result<Vec<PurgedSource>, NotPurged>>;
}

/// What is not to be kept any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwanted {
    /// Everything that the source of this name said.
    Source(String),
    /// A record by its type and its key, or a person and all that is theirs.
    Record(String, String),
}

/// What was removed of what one source said.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PurgedSource {
    /// Its name, as in provenance and errors.
    pub source: String,
    /// Keys of which something was kept by this gateway. Others keep nothing of it either from now on.
    pub entries: i32,
}

/// Why nothing is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPurged {
    /// Policies do not let whoever asks.
    Forbidden,
    /// There is no such source, or no type of that name.
    Unknown,
    /// Nothing is named, or two things.
    Unclear,
    /// It could not be put on record.
    NotRecorded,
    /// Other gateways could not be told.
    NotTold,
}

impl Unwanted {
    /// `None` where it is nothing, or two things.
    pub(super) fn named(source: Option<String>, of: Option<String>, key: Option<String>) -> Option<Self> {
        match (source, of, key) {
            (Some(source), None, None) => Some(Self::Source(source)),
            (None, Some(of), Some(key)) => Some(Self::Record(of, key)),
            _ => None,
        }
    }
}
