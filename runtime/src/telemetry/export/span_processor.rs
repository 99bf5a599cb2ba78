//! The span processor in front of a queue.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::queue_handle::QueueHandle;
use super::signal::Finish;
use super::spans::Spans;
use crate::recorder::encode::{Message, Rare};
use crate::recorder::{self, nanoseconds};

/// Batches spans of our provider or the SDK's for one exporter.
///
/// The SDK's own processor does not tell how many spans it dropped, and counts a batch of which the collector rejected
/// half as a success.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "Batching processor".
pub(crate) struct BatchedSpans {
    handle: QueueHandle<Spans>,
    /// Applied to spans of the SDK; our provider applies limits and redaction itself.
    finish: Finish<SpanData>,
}

impl std::fmt::Debug for BatchedSpans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchedSpans")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

impl BatchedSpans {
    pub(super) fn new(handle: QueueHandle<Spans>, finish: Finish<SpanData>) -> Self {
        BatchedSpans { handle, finish }
    }

    /// The intake, which our own provider fills directly.
    pub(crate) fn into_intake(self, resource: &Resource) -> Arc<recorder::Intake> {
        self.handle.set_resource(resource);
        Arc::clone(&self.handle.queue.intake)
    }
}

impl SpanProcessor for BatchedSpans {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        // A span that is recorded but not sampled is meant for other processors, so it is not counted here.
        if span.span_context.is_sampled() {
            (self.finish)(&mut span);
            let intake = &self.handle.queue.intake;
            let scope = intake.scopes().intern(span.instrumentation_scope.clone());
            intake.push(&scope, &message(&span));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.handle.flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.handle.shut_down(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.handle.set_resource(resource);
    }
}

/// A span of the SDK, borrowed for the encoder.
fn message(span: &SpanData) -> Message<'_> {
    Message {
        context: &span.span_context,
        parent: span.parent_span_id,
        parent_is_remote: span.parent_span_is_remote,
        kind: &span.span_kind,
        name: &span.name,
        started: nanoseconds(span.start_time),
        ended: nanoseconds(span.end_time),
        written: &[],
        attributes: &span.attributes,
        rare: Some(Rare {
            status: &span.status,
            events: &span.events.events,
            written_event: &[],
            links: &span.links.links,
            dropped_attributes: span.dropped_attributes_count,
            dropped_events: span.events.dropped_count,
            dropped_links: span.links.dropped_count,
        }),
    }
}
