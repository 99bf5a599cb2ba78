//! The signal of spans, which are encoded before they are queued.

mod decode;
mod request;

use std::sync::Arc;

use tokio::sync::Notify;

pub(super) use self::decode::decode;
pub(super) use self::request::{EncodedResource, SpansRequest};
use super::send_error::SendError;
use super::signal::{Format, OtlpSignal};
use super::source::{QueueStats, Source};
#[cfg(feature = "metrics")]
use crate::recorder::sink::Places;
use crate::recorder::sink::{Batch, Counts};
use crate::recorder::{self, Scope};

/// Ended spans.
#[derive(Debug)]
pub(crate) struct Spans;

impl OtlpSignal for Spans {
    type Source = SpanQueue;
    type Request = SpansRequest;

    const SINGULAR: &'static str = "span";
    const PLURAL: &'static str = "spans";
    const COMPONENT: &'static str = "span";
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

    fn encode(request: &SpansRequest, format: Format) -> Result<bytes::Bytes, SendError> {
        request.encode(format)
    }
}

/// The slots of all threads, as the source of a worker.
#[derive(Debug)]
pub(crate) struct SpanQueue {
    pub(super) intake: Arc<recorder::Intake>,
    wake: Arc<Notify>,
}

impl SpanQueue {
    pub(super) fn new(intake: Arc<recorder::Intake>, wake: Arc<Notify>) -> Self {
        SpanQueue { intake, wake }
    }
}

impl Source for SpanQueue {
    type Batch = Batch<Scope>;

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

impl QueueStats for SpanQueue {
    fn counts(&self) -> Counts {
        self.intake.counts()
    }

    #[cfg(feature = "metrics")]
    fn places(&self) -> Places {
        self.intake.places()
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

#[cfg(test)]
mod tests;
