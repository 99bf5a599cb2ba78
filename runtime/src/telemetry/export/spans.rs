//! The span processor in front of a queue.
//!
//! The SDK's own cannot say what it dropped, and knows of an export only whether it was an error:
//! a collector that rejects half a batch counts as a success there.

use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::signal::Spans;
use super::{DEFAULT_DEADLINE, Intake};

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
        // What is recorded but not sampled is for other processors; it does not count as ended.
        if span.span_context.is_sampled() {
            self.intake.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        let deadline = Instant::now() + DEFAULT_DEADLINE;
        match self.intake.pipeline.flush(deadline).wait(deadline) {
            true => Ok(()),
            false => Err(OTelSdkError::Timeout(DEFAULT_DEADLINE)),
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now + DEFAULT_DEADLINE);
        let is_done = self.intake.pipeline.shutdown(deadline).wait(deadline);
        self.intake.queue.finish();
        let report = self.intake.pipeline.report();
        match (is_done, report.dropped + report.failed) {
            (true, 0) => Ok(()),
            (true, _) => Err(OTelSdkError::InternalFailure(report.to_string())),
            (false, _) => Err(OTelSdkError::Timeout(timeout)),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        // A processor belongs to one provider, which says this once.
        let _ = self
            .intake
            .resource
            .set(ResourceAttributesWithSchema::from(resource));
    }
}
