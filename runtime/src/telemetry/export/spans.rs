//! The span processor in front of a queue.
//!
//! The SDK's own cannot say what it dropped, and knows of an export only whether it was an error:
//! a collector that rejects half a batch counts as a success there.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Intake;
use super::signal::Spans;
use crate::recorder::Observer;

/// Batches spans for one exporter.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "Batching processor".
#[derive(Debug)]
pub(crate) struct BatchedSpans {
    intake: Intake<Spans>,
}

impl BatchedSpans {
    pub(super) fn new(intake: Intake<Spans>) -> Self {
        BatchedSpans { intake }
    }
}

impl SpanProcessor for BatchedSpans {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.ended(span);
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

impl Observer for BatchedSpans {
    fn ended(&self, span: SpanData) {
        // What is recorded but not sampled is for other processors; it does not count as ended.
        if span.span_context.is_sampled() {
            self.intake.push(span);
        }
    }

    fn flush(&self) -> OTelSdkResult {
        self.intake.flush()
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.intake.shut_down(timeout)
    }
}
