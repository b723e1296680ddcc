//! Log: events as lines on the standard error output, and for a collector, if there is one.

use super::{Event, Exporting};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use std::time::Duration;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Writes events as `RUST_LOG` wants them; warnings where it says nothing. A collector gets what is worth a line of ours: from `info` on.
pub fn start(exporting: Option<&Exporting>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    let told = exporting.and_then(|exporting| exporting.logs.as_ref()).map(|logs| {
        // Ours alone: what carries them away must not tell of itself.
        let ours = tracing_subscriber::filter::filter_fn(|of| of.target().starts_with("headwaters"));
        OpenTelemetryTracingBridge::new(logs).with_filter(ours).with_filter(LevelFilter::INFO)
    });
    // A second start, in a test, leaves the first in place.
    _ = tracing_subscriber::registry().with(lines).with(told).try_init();
}

/// A line of it.
pub(super) fn write(event: &Event<'_>) {
    match event {
        Event::Listening { address } => tracing::info!(%address, "listening"),
        Event::Stopping => tracing::info!("stopping"),
        Event::Answered { errors, bytes, elapsed } => {
            tracing::debug!(errors, bytes, elapsed_us = micros(*elapsed), "answered");
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
        Event::Retried { source } => tracing::debug!(source, "a call is made once more"),
        Event::SourceLeftAlone { source } => tracing::warn!(source, "a source fails and is left alone"),
        Event::SourceBack { source } => tracing::warn!(source, "a source answers again"),
        Event::Emergency { id, did, agency } => tracing::warn!(id, did, agency, "an emergency"),
        Event::Purged { sources, entries } => tracing::info!(sources, entries, "purged"),
        Event::SharedCacheAsked { keys, found, spoiled, failed, elapsed } => {
            let elapsed_us = micros(*elapsed);
            if *spoiled > 0 {
                tracing::warn!(keys, found, spoiled, elapsed_us, "the shared cache holds what was not put there");
            } else {
                tracing::debug!(keys, found, failed, elapsed_us, "the shared cache was asked");
            }
        }
        Event::SharedCachePut { keys, put, failed } => tracing::debug!(keys, put, failed, "put into the shared cache"),
        Event::SharedCacheLeftAlone { reason } => tracing::warn!(reason, "the shared cache is left alone"),
        Event::SharedCacheBack => tracing::warn!("the shared cache answers again"),
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
