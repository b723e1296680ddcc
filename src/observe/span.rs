//! Span: what an operation's time goes into, a span a stage and a span a fetch, in the W3C's context (<https://www.w3.org/TR/trace-context/>).
//!
//! A span has names of stages and sources, numbers and codes. It has no name of an operation and no argument: clients write those.

use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use std::borrow::Cow;
use std::sync::OnceLock;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();
const TRACEPARENT: &str = "traceparent";

/// A span from now until it is dropped; nothing, where nobody traces.
#[derive(Debug)]
#[must_use]
pub struct Span(Option<Context>);

/// From now on spans are made by this. The first stays.
pub(super) fn install(tracer: SdkTracer) {
    _ = TRACER.set(tracer);
}

/// A request that came in, within the trace that its sender says (`traceparent`), if any.
pub fn request<'h>(header: impl Fn(&str) -> Option<&'h str>) -> Span {
    started(SpanKind::Server, "request", || {
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Read(&header))
    })
}

/// A stage of what is under way.
pub fn stage(name: &'static str) -> Span {
    started(SpanKind::Internal, name, Context::current)
}

/// A fetch: one source, and how many keys it is asked for.
pub fn fetch(source: &str, keys: usize) -> Span {
    let span = started(SpanKind::Client, "fetch", Context::current);
    span.tell(|| vec![KeyValue::new("headwaters.source", source.to_owned()), number("headwaters.keys", keys)]);
    span
}

fn started(kind: SpanKind, name: &'static str, parent: impl FnOnce() -> Context) -> Span {
    Span(TRACER.get().map(|tracer| {
        let parent = parent();
        let span = tracer.span_builder(Cow::Borrowed(name)).with_kind(kind).start_with_context(tracer, &parent);
        parent.with_span(span)
    }))
}

fn number(name: &'static str, number: usize) -> KeyValue {
    KeyValue::new(name, i64::try_from(number).unwrap_or(i64::MAX))
}

impl Span {
    /// What is begun by this future is within the span.
    pub async fn within<F: Future>(&self, future: F) -> F::Output {
        match &self.0 {
            Some(context) => future.with_context(context.clone()).await,
            None => future.await,
        }
    }

    /// How it ended: with which code, if that is an error.
    pub fn ended(&self, error: Option<&'static str>) {
        if let (Some(context), Some(code)) = (&self.0, error) {
            context.span().set_status(Status::error(code));
        }
    }

    /// Under which id the operation is on record.
    pub fn decided(&self, decision: &str) {
        self.tell(|| vec![KeyValue::new("headwaters.decision", decision.to_owned())]);
    }

    /// What a source was asked and gave.
    pub fn fetched(&self, calls: u32, records: usize, failed: usize) {
        self.tell(|| {
            let calls = KeyValue::new("headwaters.calls", i64::from(calls));
            vec![calls, number("headwaters.records", records), number("headwaters.failed", failed)]
        });
        self.ended((failed > 0).then_some("FAILED"));
    }

    fn tell(&self, attributes: impl FnOnce() -> Vec<KeyValue>) {
        if let Some(context) = &self.0 {
            context.span().set_attributes(attributes());
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

/// The future in the span of whoever makes it now, even in a task of its own.
pub async fn carried<F: Future>(context: Carried, future: F) -> F::Output {
    match context.0 {
        Some(context) => future.with_context(context).await,
        None => future.await,
    }
}

/// The span that is under way.
#[derive(Debug, Clone)]
pub struct Carried(Option<Context>);

/// What is under way now, to go on with elsewhere.
#[must_use]
pub fn current() -> Carried {
    Carried(TRACER.get().map(|_| Context::current()))
}

/// Headers that tell another system which trace a call of ours belongs to.
pub fn headers(mut put: impl FnMut(&str, &str)) {
    if TRACER.get().is_some() {
        TraceContextPropagator::new().inject_context(&Context::current(), &mut Written(&mut put));
    }
}

/// Reads the one header that has nothing but numbers: `tracestate` is any text of its sender's, and would be handed on to agencies.
struct Read<'f, 'h>(&'f dyn Fn(&str) -> Option<&'h str>);

impl Extractor for Read<'_, '_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then(|| (self.0)(key)).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// Writes headers.
struct Written<'f, F>(&'f mut F);

impl<F: FnMut(&str, &str)> Injector for Written<'_, F> {
    fn set(&mut self, key: &str, value: String) {
        (self.0)(key, &value);
    }
}
