//! Exports: where what the gateway tells goes, besides its log. To an OpenTelemetry collector over OTLP, and to whoever asks for metrics.

use super::metrics::Metrics;
use super::span;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::fmt;

/// What is exported, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exports {
    /// The OTLP address of a collector, `http://127.0.0.1:4318`: traces, metrics and logs.
    pub otlp: Option<String>,
    /// Of a hundred requests, so many are traced.
    pub traced_percent: u32,
    /// Which gateway it is, where there are several.
    pub instance: String,
}

/// Exports as long as it is there. To be made before a runtime is, and dropped after it: it waits for its own threads.
#[derive(Debug)]
pub struct Exporting {
    meters: SdkMeterProvider,
    spans: Option<SdkTracerProvider>,
    pub(super) logs: Option<SdkLoggerProvider>,
}

/// Something can't be exported.
#[derive(Debug)]
pub struct CantExport(String);

impl fmt::Display for CantExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CantExport {}

impl Exporting {
    /// # Errors
    /// Where the address of the collector is none.
    pub fn start(exports: &Exports) -> Result<Self, CantExport> {
        let failed = |error: &dyn fmt::Display| CantExport(format!("telemetry can't be exported: {error}"));
        let of_gateway = [
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", exports.instance.clone()),
        ];
        let resource = Resource::builder().with_service_name("headwaters").with_attributes(of_gateway).build();
        let registry = prometheus::Registry::new();
        let asked =
            opentelemetry_prometheus::exporter().with_registry(registry.clone()).scope_info_enabled(false).build();
        let mut meters =
            SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(asked.map_err(|e| failed(&e))?);
        let (mut spans, mut logs) = (None, None);
        if let Some(collector) = &exports.otlp {
            let at = |signal: &str| format!("{}/v1/{signal}", collector.trim_end_matches('/'));
            let told =
                MetricExporter::builder().with_http().with_endpoint(at("metrics")).build().map_err(|e| failed(&e))?;
            meters = meters.with_reader(PeriodicReader::builder(told).build());
            let told =
                SpanExporter::builder().with_http().with_endpoint(at("traces")).build().map_err(|e| failed(&e))?;
            // By the trace's own id, whatever its sender wants: nobody outside can make us trace everything.
            let sampler = Sampler::TraceIdRatioBased(f64::from(exports.traced_percent) / 100.0);
            let provider = SdkTracerProvider::builder().with_resource(resource.clone()).with_sampler(sampler);
            spans = Some(provider.with_batch_exporter(told).build());
            let told = LogExporter::builder().with_http().with_endpoint(at("logs")).build().map_err(|e| failed(&e))?;
            logs = Some(SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(told).build());
        }
        let meters = meters.build();
        Metrics::new(meters.meter("headwaters"), registry).install();
        if let Some(provider) = &spans {
            span::install(provider.tracer("headwaters"));
        }
        Ok(Self { meters, spans, logs })
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        // What can't be told at the very end is lost; the ledger has what must not be.
        _ = self.spans.as_ref().map(SdkTracerProvider::shutdown);
        _ = self.logs.as_ref().map(SdkLoggerProvider::shutdown);
        _ = self.meters.shutdown();
    }
}
