//! Observe: everything that the gateway tells its keepers, one closed list of events.
//!
//! An event holds names, numbers and reasons, never a value of a field, and nothing that a client wrote. What becomes of each stands in
//! `log` and `metrics`, and nowhere else. `span` says what time goes into; `exports`, where all of it goes.

mod exports;
mod log;
mod metrics;
mod span;

pub use exports::{CantExport, Exporting, Exports};
pub use log::start;
pub use metrics::{exposition, watch_saved};
pub use span::{Carried, Span, carried, current, fetch, headers, request, stage};

use std::time::Duration;

/// Something worth knowing.
#[derive(Debug)]
pub enum Event<'a> {
    /// The gateway takes requests.
    Listening { address: std::net::SocketAddr },
    /// No more requests are taken; those under way are finished.
    Stopping,
    /// An operation was answered.
    Answered { errors: usize, bytes: usize, elapsed: Duration },
    /// A request was refused.
    Refused { code: &'static str, elapsed: Duration },
    /// An answer could not be put on record, so it was not given.
    NotRecorded { why: &'a str },
    /// The index of the ledger could not be brought up to date, or read.
    IndexFailed { detail: &'a str },
    /// The counts of what prefilled forms saved could not be put into their file.
    SavingsNotKept { detail: &'a str },
    /// A source was asked. Of the keys some were `kept`, some `joined` a call of somebody else's, and some are answered by `stale` records.
    Fetched {
        source: &'a str,
        keys: usize,
        calls: u32,
        records: usize,
        kept: u32,
        joined: u32,
        stale: usize,
        elapsed: Duration,
    },
    /// A source could not be asked, for so many keys. The detail is about the answer's form, not its values.
    FetchFailed { source: &'a str, keys: usize, reason: &'static str, detail: &'a str },
    /// A call to a source failed, and is made once more.
    Retried { source: &'a str },
    /// A source failed too often: it is not asked until a probe succeeds.
    SourceLeftAlone { source: &'a str },
    /// A source that was left alone answers again.
    SourceBack { source: &'a str },
    /// Somebody did something about an emergency: opened, approved or reviewed it. Who, the ledger says.
    Emergency { id: &'a str, did: &'a str, agency: &'a str },
    /// Copies of what so many sources said were ended.
    Purged { sources: usize, entries: u64 },
    /// What gateways keep in common was asked for what is not here. `spoiled`: what was there was not what was put there.
    SharedCacheAsked { keys: usize, found: usize, spoiled: usize, failed: Option<&'static str>, elapsed: Duration },
    /// Of so many keys what a source had was put among what gateways keep in common, as far as it is not too long.
    SharedCachePut { keys: usize, put: usize, failed: Option<&'static str> },
    /// What gateways keep in common can't be reached in time: it is not asked for a while.
    SharedCacheLeftAlone { reason: &'static str },
    /// What gateways keep in common can be reached again.
    SharedCacheBack,
    /// An identity provider told its keys; so many can be used.
    KeysKnown { issuer: &'a str, keys: usize },
    /// An identity provider's keys could not be had; the last ones stand.
    KeysNotKnown { issuer: &'a str, detail: &'a str },
    /// Nothing can be written to the ledger, so nothing is answered.
    LedgerStopped { detail: &'a str },
    /// An older part of the ledger is not what it was, so nothing is answered any more.
    LedgerDamaged { detail: &'a str },
    /// The ledger is written again.
    LedgerBack,
    /// A checkpoint of the ledger could not be made; a later one stands for it.
    CheckpointFailed { detail: &'a str },
    /// The witness of the ledger could not be reached.
    WitnessFailed { detail: &'a str },
    /// The witness has the latest checkpoint again.
    WitnessBack,
    /// A connection broke or sent what is no HTTP.
    ConnectionFailed { detail: &'a str },
}

/// Tells it.
pub fn emit(event: &Event<'_>) {
    log::write(event);
    metrics::count(event);
}
