//! Source: anything that records come from.
//!
//! `fetch` asks one source for the records that one place of a plan needs, and gives `Raw`, positional records that nobody may
//! show yet. A source that can't answer gives a `Reason`: failure is data. Besides `ledger` this is the only place with IO
//! during an answer.
//!
//! Between a fetch and an agency stand, in this order: `cache` (records that are fresh enough), `tier` (those that gateways keep in
//! common), `flight` (a key that somebody is fetching is awaited), `gather` (keys that several want within a moment go out in one call).
//! `shared` goes through them.

mod agency;
mod answer;
mod assemble;
mod board;
mod cache;
mod client;
mod convert;
mod decode;
mod document;
mod environment;
mod file;
mod flight;
mod fresh;
mod gather;
mod graphql;
mod guard;
mod names;
mod page;
mod purges;
mod run;
mod shared;
mod sources;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod tier;
mod trie;
mod visit;

pub use environment::Environment;
pub use fresh::Age;
pub use purges::Removed;
pub use sources::Sources;
pub use tier::{NotShared, SharedCache};

use crate::graph::{BindingId, Data, Entry, SourceId};
use crate::record::{Keys, Layout, Raw};
use crate::viewer::Viewer;
use futures::future::BoxFuture;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// One call (or several, where a source has no batch) to one source: what a plan asks for, apart from keys and values.
#[derive(Debug)]
pub struct Fetch {
    pub source: SourceId,
    pub way: Way,
    /// The columns wanted. Those of a `file` are its whole record.
    pub layout: Arc<Layout>,
    /// Names of the arguments that are given and not null, in the order of the graph: part of a statement's text.
    pub given: Vec<Arc<str>>,
    /// The statement or document, once the source that runs it has written it.
    pub text: OnceLock<Prepared>,
    /// How long its records may be kept, as the links say that lead to them.
    linked: fresh::Bound,
    /// Under what its records are kept, and how long: once somebody has asked.
    kept: OnceLock<fresh::Kept>,
}

impl Fetch {
    #[must_use]
    pub const fn new(source: SourceId, way: Way, layout: Arc<Layout>, given: Vec<Arc<str>>) -> Self {
        let linked = fresh::Bound::NONE;
        Self { source, way, layout, given, text: OnceLock::new(), linked, kept: OnceLock::new() }
    }

    /// Its records are reached over a link, which says how fresh they must be.
    pub fn freshen(&mut self, link: &Data) {
        self.linked = self.linked.and(fresh::Bound::of(link));
    }

    #[must_use]
    pub fn fresh_as(mut self, link: &Data) -> Self {
        self.freshen(link);
        self
    }
}

/// What a source works out once for a fetch, whatever the keys: shown as the text it sends.
pub struct Prepared {
    text: Arc<str>,
    decoder: decode::Decoder,
}

/// The bytes of a JSON response.
pub type Executed = Result<Vec<u8>, NotExecuted>;

/// Why the gateway's own part gives no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotExecuted {
    /// The name of the limit that the question is beyond.
    Beyond(&'static str),
    Declined(Declined),
}

/// Why the gateway did not do what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// Policies do not let whoever asks.
    Forbidden,
    /// What is named is nowhere.
    Unknown,
    /// It names nothing, or two things.
    Unclear,
    /// It could not be put on record.
    NotRecorded,
    /// Others who must know of it could not be told.
    NotTold,
}

/// The gateway's own part of the graph, as the gateway hands it in. It answers a document.
pub trait InProcess: Send + Sync {
    fn execute(&self, document: &str, variables: Value, viewer: Option<Arc<Viewer>>) -> BoxFuture<'static, Executed>;
}

/// Which way into the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    Binding(BindingId, Entry),
    /// The store's crosswalk: from an entity's key to the numbers of these systems, or back.
    /// Layout: `Match(0)` is the answer (a local number, or the entity's key), `Match(1)` the system.
    Crosswalk {
        crosswalk: usize,
        systems: Vec<Arc<str>>,
        back: bool,
    },
}

/// What a fetch is given at run time.
#[derive(Debug)]
pub struct Call<'a> {
    pub fetch: &'a Arc<Fetch>,
    /// Empty for a `find`.
    pub keys: &'a Keys<'a>,
    /// Coerced arguments of the field that is being answered.
    pub arguments: &'a Map<String, Value>,
    pub identity: Identity,
    pub deadline: Instant,
    /// Which page of a connection, where the source gives one.
    pub page: Option<&'a Cut>,
    /// How old its records may be, within what the graph says.
    pub age: Age,
    /// Nobody else may learn that this was asked for: what is fetched is kept for nobody, and nobody else waits for it.
    pub untraced: bool,
}

/// A page of the records of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// How many; a source gives one more where it has one, so that one knows.
    pub first: usize,
    /// By which values, in the order of the records, the one before it stood.
    pub after: Option<Vec<Value>>,
}

/// As whom the source is asked: part of every key under which an answer may be shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Identity {
    /// The gateway itself.
    #[default]
    Service,
    /// The caller (the native source only): nobody is told what another asked for.
    OnBehalf(Arc<Viewer>),
}

/// What came back: records by key, or the reason why there are none.
#[derive(Debug, Clone)]
pub struct Answer {
    pub raw: Arc<Raw>,
    /// For each key (one group for a `find`), the first cells of its records, in the source's order.
    pub groups: Groups,
    /// Keys that could not be asked for, ascending. Their groups are empty.
    pub failed: Vec<(u32, Reason)>,
    /// Keys whose source could not be asked, and why, ascending: their records are older than they should be.
    pub stale: Vec<(u32, Reason)>,
    /// Calls made, for figures.
    pub calls: u32,
    /// Keys that were answered out of what was kept.
    pub kept: u32,
    /// Keys that somebody else was fetching already.
    pub joined: u32,
}

/// Lists of record places, one list a key.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// One more than there are keys: where each group starts in `at`.
    pub starts: Vec<u32>,
    pub at: Vec<u32>,
}

/// Why a source gave no record. The detail is for the log of the gateway, never for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    Timeout,
    /// Refused, cut, or a status that is no answer.
    Unavailable(String),
    /// An answer that is not what the mapping says: not JSON, wrong shape, a record nobody asked for.
    Invalid(String),
    /// Several records where there can be one: nobody knows which is meant.
    Several,
    /// More than the limits allow.
    Limit(&'static str),
    /// By the gateway's own part, what it was asked to do.
    Declined(Declined),
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}
