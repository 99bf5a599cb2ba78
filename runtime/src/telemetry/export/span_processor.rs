//! Spans: where they wait, encoded already, and how they become a request.

mod decode;
mod request;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::Notify;

pub(super) use self::decode::decode;
pub(super) use self::request::{EncodedResource, SpansRequest};
use super::otlp::Finish;
use super::signal::{Format, Signal};
use super::source::{Ledger, Source};
use super::{Failure, Intake};
use crate::recorder::encode::{Message, Rare};
use crate::recorder::sink::{Batch, Bounds, Counts};
use crate::recorder::{self, Scope, nanoseconds};

/// Ended spans.
#[derive(Debug)]
pub(crate) struct Spans;

impl Signal for Spans {
    type Source = SpanQueue;
    type Request = SpansRequest;

    const SINGULAR: &'static str = "span";
    const PLURAL: &'static str = "spans";
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    const ENDPOINT: &'static str =
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const QUEUE_SIZE: &'static str = "OTEL_BSP_MAX_QUEUE_SIZE";
    const REJECTED: [&'static str; 2] = ["rejectedSpans", "rejected_spans"];

    fn count(request: &SpansRequest) -> u64 {
        request.count()
    }

    fn split_off(request: &mut SpansRequest) -> SpansRequest {
        request.split_off()
    }

    fn encode(request: &SpansRequest, format: Format) -> Result<bytes::Bytes, Failure> {
        request.encode(format)
    }
}

/// The slots of all threads, as a worker sees them.
#[derive(Debug)]
pub(crate) struct SpanQueue {
    intake: Arc<recorder::Intake>,
    wake: Arc<Notify>,
}

impl SpanQueue {
    pub(super) fn new(intake: Arc<recorder::Intake>, wake: Arc<Notify>) -> Self {
        SpanQueue { intake, wake }
    }
}

impl Source for SpanQueue {
    type Batch = Batch<Scope>;

    fn bounds(&self) -> Bounds {
        self.intake.bounds()
    }

    fn has_some(&self) -> bool {
        self.intake.has_some()
    }

    fn has_batch(&self) -> bool {
        self.intake.has_batch()
    }

    fn waiting(&self) -> usize {
        self.intake.drain()
    }

    async fn woken(&self) {
        self.wake.notified().await;
    }

    fn take(&self) -> (Batch<Scope>, usize) {
        let batch = self.intake.take();
        let items = batch.len();
        (batch, items)
    }

    fn settle(&self, taken: u64, exported: u64) {
        self.intake.settle(taken, exported);
    }

    fn fail_in_flight(&self) -> u64 {
        self.intake.fail_in_flight()
    }
}

impl Ledger for SpanQueue {
    fn counts(&self) -> Counts {
        self.intake.counts()
    }

    fn close(&self) {
        self.intake.close();
    }

    fn finish(&self) {
        self.intake.finish();
    }

    fn is_over(&self) -> bool {
        self.intake.is_over()
    }
}

/// Batches spans for one exporter: what is given to a provider, ours or the SDK's.
///
/// The SDK's own processor cannot say what it dropped, and knows of an export only whether it was an
/// error: a collector that rejects half a batch counts as a success there.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "Batching processor".
pub(crate) struct BatchedSpans {
    intake: Intake<Spans>,
    /// Applied to spans of the SDK; ours keep their limits themselves.
    finish: Finish<SpanData>,
}

impl std::fmt::Debug for BatchedSpans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchedSpans")
            .field("intake", &self.intake)
            .finish_non_exhaustive()
    }
}

impl BatchedSpans {
    pub(super) fn new(intake: Intake<Spans>, finish: Finish<SpanData>) -> Self {
        BatchedSpans { intake, finish }
    }

    /// For our own provider.
    pub(crate) fn into_intake(self, resource: &Resource) -> Arc<recorder::Intake> {
        self.intake.set_resource(resource);
        Arc::clone(&self.intake.queue.intake)
    }
}

impl SpanProcessor for BatchedSpans {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        // What is recorded but not sampled is for other processors; it does not count as ended.
        if span.span_context.is_sampled() {
            (self.finish)(&mut span);
            let intake = &self.intake.queue.intake;
            let scope = intake.scopes().intern(span.instrumentation_scope.clone());
            intake.push(&scope, message(&span));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.intake.flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.intake.shut_down(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.intake.set_resource(resource);
    }
}

/// A span of the SDK, lent to be encoded.
fn message(span: &SpanData) -> Message<'_> {
    Message {
        context: &span.span_context,
        parent: span.parent_span_id,
        parent_is_remote: span.parent_span_is_remote,
        kind: &span.span_kind,
        name: &span.name,
        started: nanoseconds(span.start_time),
        ended: nanoseconds(span.end_time),
        attributes: &span.attributes,
        rare: Some(Rare {
            status: &span.status,
            events: &span.events.events,
            links: &span.links.links,
            dropped_attributes: span.dropped_attributes_count,
            dropped_events: span.events.dropped_count,
            dropped_links: span.links.dropped_count,
        }),
    }
}
