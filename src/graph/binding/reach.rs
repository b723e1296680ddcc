//! Reach: how to get to a source, and how it is spared.

use super::Place;
use std::path::PathBuf;
use std::sync::Arc;

/// How to reach a source. Addresses and secrets are names of environment variables, never values.
#[derive(Debug, Default)]
pub struct Reach {
    /// Variable with the base URL (`rest`, `graphql`, `subgraph`) or the database URL (`sql`).
    pub url: Option<Variable>,
    /// Addresses of private networks may be asked.
    pub private: bool,
    /// Variable with a bearer token.
    pub bearer: Option<Variable>,
    pub login: Option<Login>,
    /// Variable with a client certificate and its key.
    pub certificate: Option<Variable>,
    /// Variable with the certificates that vouch for the source, instead of those that the system trusts.
    pub authority: Option<Variable>,
    pub headers: Vec<(Arc<str>, HeaderValue)>,
    pub timeout_ms: u64,
    /// Calls under way at once; connections for `sql`.
    pub concurrency_max: u32,
    pub care: Care,
    /// Folder of migrations that the program applies (`sql`), with a sub-folder `sqlite` and `postgres`.
    pub migrations: Option<PathBuf>,
    /// The JSON file (`file`).
    pub path: Option<PathBuf>,
}

/// `env:NAME`, and where it was written.
#[derive(Debug, Clone)]
pub struct Variable {
    pub name: Arc<str>,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub enum HeaderValue {
    Literal(Arc<str>),
    Variable(Variable),
}

/// A token for the source, by OAuth 2.0 client credentials.
#[derive(Debug, Clone)]
pub struct Login {
    pub token_url: Variable,
    pub client_id: Variable,
    pub client_secret: Variable,
    pub scope: Option<Arc<str>>,
}

/// How a source is spared when it has too much to do, and the gateway when it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Care {
    /// Calls that wait for a place.
    pub queue_max: u32,
    /// Retries of one call.
    pub retries_max: u32,
    /// Retries of all calls, of a hundred calls.
    pub budget_percent: u32,
    /// Failures in a row after which it is not asked.
    pub failures_max: u32,
    /// Of a hundred calls so many must be answered.
    pub good_percent_min: u32,
    /// Milliseconds until the first probe.
    pub probe_ms: u64,
}

/// Linkerd's and Finagle's figures; the queue is ours.
impl Default for Care {
    fn default() -> Self {
        Self {
            queue_max: 256,
            retries_max: 2,
            budget_percent: 20,
            failures_max: 5,
            good_percent_min: 50,
            probe_ms: 1_000,
        }
    }
}
