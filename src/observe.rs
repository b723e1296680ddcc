//! Observe: everything that the gateway tells its keepers, one closed list of events.
//!
//! An event holds names, numbers and reasons, never a value of a field. What becomes of each (a line of the log today) stands
//! here and nowhere else.

use std::time::Duration;

/// Something worth knowing.
#[derive(Debug)]
pub enum Event<'a> {
    /// The gateway takes requests.
    Listening { address: std::net::SocketAddr },
    /// No more requests are taken; those under way are finished.
    Stopping,
    /// An operation was answered.
    Answered { operation: &'a str, errors: usize, bytes: usize, elapsed: Duration },
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
    FetchFailed { source: &'a str, keys: usize, reason: &'a str, detail: &'a str },
    /// A source failed too often: it is not asked until a probe succeeds.
    SourceLeftAlone { source: &'a str },
    /// A source that was left alone answers again.
    SourceBack { source: &'a str },
    /// Somebody did something about an emergency: opened, approved or reviewed it.
    Emergency { id: &'a str, did: &'a str, user: &'a str, agency: &'a str },
    /// Copies of what so many sources said were ended.
    Purged { sources: usize, entries: u64 },
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

/// Writes events to the standard error output, as `RUST_LOG` wants them; warnings where it says nothing.
pub fn start() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second start, in a test, leaves the first in place.
    _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Tells it.
pub fn emit(event: &Event<'_>) {
    match event {
        Event::Listening { address } => tracing::info!(%address, "listening"),
        Event::Stopping => tracing::info!("stopping"),
        Event::Answered { operation, errors, bytes, elapsed } => {
            tracing::debug!(operation, errors, bytes, elapsed_us = micros(*elapsed), "answered");
        }
        Event::Refused { code, elapsed } => tracing::debug!(code, elapsed_us = micros(*elapsed), "refused"),
        Event::NotRecorded { why } => tracing::warn!(why, "an answer could not be put on record"),
        Event::IndexFailed { detail } => tracing::warn!(detail, "the index of the ledger can't be used"),
        Event::SavingsNotKept { detail } => tracing::warn!(detail, "savings can't be kept"),
        Event::Fetched { source, keys, calls, records, kept, joined, stale, elapsed } => {
            let elapsed_us = micros(*elapsed);
            tracing::debug!(source, keys, calls, records, kept, joined, stale, elapsed_us, "fetched");
        }
        Event::FetchFailed { source, keys, reason, detail } => {
            tracing::warn!(source, keys, reason, detail, "a source could not be asked");
        }
        Event::SourceLeftAlone { source } => tracing::warn!(source, "a source fails and is left alone"),
        Event::SourceBack { source } => tracing::warn!(source, "a source answers again"),
        Event::Emergency { id, did, user, agency } => tracing::warn!(id, did, user, agency, "an emergency"),
        Event::Purged { sources, entries } => tracing::info!(sources, entries, "purged"),
        Event::KeysKnown { issuer, keys } => tracing::info!(issuer, keys, "an identity provider's keys are known"),
        Event::KeysNotKnown { issuer, detail } => {
            tracing::warn!(issuer, detail, "an identity provider's keys could not be had");
        }
        Event::LedgerStopped { detail } => tracing::error!(detail, "the ledger can't be written: nothing is answered"),
        Event::LedgerDamaged { detail } => tracing::error!(detail, "the ledger is damaged: nothing is answered"),
        Event::LedgerBack => tracing::warn!("the ledger is written again"),
        Event::CheckpointFailed { detail } => tracing::warn!(detail, "a checkpoint of the ledger could not be made"),
        Event::WitnessFailed { detail } => tracing::warn!(detail, "the ledger's witness could not be reached"),
        Event::WitnessBack => tracing::info!("the ledger's witness is reached again"),
        Event::ConnectionFailed { detail } => tracing::debug!(detail, "a connection failed"),
    }
}

fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
