//! Metrics: events as counts and times, for a Prometheus that asks and for a collector that is told (OpenTelemetry).
//!
//! Instruments are made once. Their attributes are names from the files of the operator and words of ours: of sources, codes, reasons. Nothing
//! that a client sends, and nothing that a source answers, becomes one.

use super::Event;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};
use prometheus::{Registry, TextEncoder};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// Seconds: of a cache that answers, up to a source that is at the end of its time.
const SECONDS: [f64; 14] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Whom to ask how many fields forms have saved: by form, by agency, how many.
pub type Saved = Box<dyn Fn() -> Vec<(String, String, u64)> + Send + Sync>;

#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    meter: Meter,
    operations: Counter<u64>,
    operation_seconds: Histogram<f64>,
    operation_bytes: Counter<u64>,
    fetch_seconds: Histogram<f64>,
    calls: Counter<u64>,
    keys: Counter<u64>,
    records: Counter<u64>,
    failed: Counter<u64>,
    retries: Counter<u64>,
    left_alone: Gauge<u64>,
    not_recorded: Counter<u64>,
    ledger_writable: Gauge<u64>,
    purges: Counter<u64>,
    shared_cache_keys: Counter<u64>,
    shared_cache_seconds: Histogram<f64>,
    shared_cache_put: Counter<u64>,
    shared_cache_left_alone: Gauge<u64>,
    emergencies: Counter<u64>,
    /// Made once for each source.
    sources: RwLock<HashMap<Box<str>, Arc<Source>>>,
}

/// The attributes of one source.
#[derive(Debug)]
struct Source {
    name: [KeyValue; 1],
    /// Where its keys were answered from.
    asked: [KeyValue; 2],
    kept: [KeyValue; 2],
    joined: [KeyValue; 2],
    stale: [KeyValue; 2],
}

impl Source {
    fn new(name: &str) -> Self {
        let source = KeyValue::new("source", name.to_owned());
        let from = |from: &'static str| [source.clone(), KeyValue::new("from", from)];
        Self {
            asked: from("source"),
            kept: from("cache"),
            joined: from("shared"),
            stale: from("stale"),
            name: [source],
        }
    }
}

impl Metrics {
    pub(super) fn new(meter: Meter, registry: Registry) -> Self {
        let counter = |name: &'static str, about: &'static str| meter.u64_counter(name).with_description(about).build();
        let seconds = |name: &'static str, about: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(about);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        let gauge = |name: &'static str, about: &'static str| meter.u64_gauge(name).with_description(about).build();
        let ledger_writable = gauge("headwaters.ledger.writable", "1 while answers can be put on record, else 0");
        ledger_writable.record(1, &[]);
        Self {
            operations: counter(
                "headwaters.operations",
                "Operations by how they ended: ANSWERED, or the code of a refusal",
            ),
            operation_seconds: seconds(
                "headwaters.operation.duration",
                "From the arrival of an operation to its answer",
            ),
            operation_bytes: counter("headwaters.operation.bytes", "Bytes of answers"),
            fetch_seconds: seconds(
                "headwaters.fetch.duration",
                "What an operation waited for one source, cache included",
            ),
            calls: counter("headwaters.source.calls", "Calls that went out to a source"),
            keys: counter("headwaters.source.keys", "Keys that a source was wanted for, by what answered them"),
            records: counter("headwaters.source.records", "Records that came in, before anybody decided on them"),
            failed: counter("headwaters.source.failed", "Keys that could not be asked for, by reason"),
            retries: counter("headwaters.source.retries", "Calls that were made once more"),
            left_alone: gauge(
                "headwaters.source.left_alone",
                "1 while the breaker keeps a source from being asked, else 0",
            ),
            not_recorded: counter(
                "headwaters.ledger.not_recorded",
                "Answers that were not given, since they could not be put on record",
            ),
            purges: counter("headwaters.purges", "Times that copies of what sources said were ended"),
            shared_cache_keys: counter(
                "headwaters.shared_cache.keys",
                "Keys that the shared cache was asked for, by what came of it",
            ),
            shared_cache_seconds: seconds(
                "headwaters.shared_cache.duration",
                "What an operation waited for the shared cache",
            ),
            shared_cache_put: counter(
                "headwaters.shared_cache.put",
                "Keys of what sources had, by whether that was put into the shared cache",
            ),
            shared_cache_left_alone: gauge(
                "headwaters.shared_cache.left_alone",
                "1 while the shared cache is not asked, else 0",
            ),
            emergencies: counter("headwaters.emergencies", "Acts about emergencies"),
            ledger_writable,
            sources: RwLock::default(),
            registry,
            meter,
        }
    }

    /// From now on events are counted by these. The first stay.
    pub(super) fn install(self) {
        _ = METRICS.set(self);
    }

    fn source(&self, name: &str) -> Arc<Source> {
        let known = self.sources.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        known.unwrap_or_else(|| {
            let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sources.entry(name.into()).or_insert_with(|| Arc::new(Source::new(name))))
        })
    }

    /// What becomes of the shared cache.
    fn count_shared(&self, event: &Event<'_>) {
        let size = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let add = |counter: &Counter<u64>, outcomes: &[(&'static str, usize)]| {
            for (outcome, number) in outcomes.iter().filter(|(_, number)| *number > 0) {
                counter.add(size(*number), &[KeyValue::new("outcome", *outcome)]);
            }
        };
        match event {
            Event::SharedCacheAsked { keys, found, spoiled, failed, elapsed } => {
                let none = keys.saturating_sub(found + spoiled);
                let outcomes = [("FOUND", *found), ("SPOILED", *spoiled), (failed.unwrap_or("ABSENT"), none)];
                add(&self.shared_cache_keys, &outcomes);
                self.shared_cache_seconds.record(elapsed.as_secs_f64(), &[]);
            }
            Event::SharedCachePut { keys, put, failed } => {
                let outcomes = [(failed.unwrap_or("PUT"), *put), ("NOT_PUT", keys.saturating_sub(*put))];
                add(&self.shared_cache_put, &outcomes);
            }
            Event::SharedCacheLeftAlone { .. } => self.shared_cache_left_alone.record(1, &[]),
            Event::SharedCacheBack => self.shared_cache_left_alone.record(0, &[]),
            _ => {}
        }
    }

    fn count(&self, event: &Event<'_>) {
        let code = |code: &'static str| [KeyValue::new("outcome", code)];
        match event {
            Event::Answered { errors, bytes, elapsed } => {
                let outcome = code(if *errors == 0 { "ANSWERED" } else { "ANSWERED_IN_PART" });
                self.operations.add(1, &outcome);
                self.operation_seconds.record(elapsed.as_secs_f64(), &outcome);
                self.operation_bytes.add(u64::try_from(*bytes).unwrap_or(u64::MAX), &[]);
            }
            Event::Refused { code: refused, elapsed } => {
                self.operations.add(1, &code(refused));
                self.operation_seconds.record(elapsed.as_secs_f64(), &code("REFUSED"));
            }
            Event::Fetched { source, keys, calls, records, kept, joined, stale, elapsed } => {
                let source = self.source(source);
                let size = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
                self.fetch_seconds.record(elapsed.as_secs_f64(), &source.name);
                self.calls.add((*calls).into(), &source.name);
                self.records.add(size(*records), &source.name);
                let other = u64::from(*kept) + u64::from(*joined) + size(*stale);
                let asked = size(*keys).saturating_sub(other);
                let from = [
                    (asked, &source.asked),
                    ((*kept).into(), &source.kept),
                    ((*joined).into(), &source.joined),
                    (size(*stale), &source.stale),
                ];
                for (count, attributes) in from.into_iter().filter(|(count, _)| *count > 0) {
                    self.keys.add(count, attributes);
                }
            }
            Event::FetchFailed { source, keys, reason, .. } => {
                let attributes = [self.source(source).name[0].clone(), KeyValue::new("reason", *reason)];
                self.failed.add(u64::try_from(*keys).unwrap_or(u64::MAX), &attributes);
            }
            Event::Retried { source } => self.retries.add(1, &self.source(source).name),
            Event::SourceLeftAlone { source } => self.left_alone.record(1, &self.source(source).name),
            Event::SourceBack { source } => self.left_alone.record(0, &self.source(source).name),
            Event::NotRecorded { .. } => self.not_recorded.add(1, &[]),
            Event::LedgerStopped { .. } | Event::LedgerDamaged { .. } => self.ledger_writable.record(0, &[]),
            Event::LedgerBack => self.ledger_writable.record(1, &[]),
            Event::Purged { .. } => self.purges.add(1, &[]),
            Event::SharedCacheAsked { .. }
            | Event::SharedCachePut { .. }
            | Event::SharedCacheLeftAlone { .. }
            | Event::SharedCacheBack => self.count_shared(event),
            Event::Emergency { .. } => self.emergencies.add(1, &[]),
            _ => {}
        }
    }
}

/// Counts it, where anybody counts.
pub(super) fn count(event: &Event<'_>) {
    if let Some(metrics) = METRICS.get() {
        metrics.count(event);
    }
}

/// Everything that was counted so far, in Prometheus' text format (0.0.4); `None` where nobody counts.
#[must_use]
pub fn exposition() -> Option<String> {
    let metrics = METRICS.get()?;
    TextEncoder::new().encode_to_string(&metrics.registry.gather()).ok()
}

/// Tells with the metrics how many fields forms have saved.
pub fn watch_saved(saved: Saved) {
    let Some(metrics) = METRICS.get() else { return };
    let counter = metrics.meter.u64_observable_counter("headwaters.prefill.fields_saved");
    let counter = counter.with_description("Fields of forms that nobody had to type, by form and agency");
    // The instrument stays with its meter.
    _ = counter
        .with_callback(move |counter| {
            for (form, agency, fields) in saved() {
                counter.observe(fields, &[KeyValue::new("form", form), KeyValue::new("agency", agency)]);
            }
        })
        .build();
}
