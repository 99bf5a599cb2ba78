//! The handle of a processor to its queue and its exporter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::deadline::{DEFAULT_DEADLINE, after};
use super::pipeline::Pipeline;
use super::signal::OtlpSignal;
use super::source::QueueStats as _;

/// The handle to the queue and the exporter of one signal.
pub(crate) struct QueueHandle<S: OtlpSignal> {
    pub(super) queue: Arc<S::Source>,
    pub(super) set_resource: Box<dyn Fn(&opentelemetry_sdk::Resource) + Send + Sync>,
    pub(super) pipeline: Pipeline,
}

impl<S: OtlpSignal> fmt::Debug for QueueHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueHandle")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}

impl<S: OtlpSignal> QueueHandle<S> {
    /// Implements the SDK's `force_flush` of a processor: waits for this exporter alone. The guard flushes all
    /// exporters at once.
    pub(super) fn flush(&self) -> OTelSdkResult {
        if self.queue.is_over() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        let deadline = after(DEFAULT_DEADLINE);
        match self.pipeline.flush(deadline).wait(deadline) {
            true => Ok(()),
            false => Err(OTelSdkError::Timeout(DEFAULT_DEADLINE)),
        }
    }

    pub(super) fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        let deadline = after(timeout);
        // There is nothing to wait for if the guard has ended the exporter already.
        let is_done = self.queue.is_over() || self.pipeline.shutdown(deadline).wait(deadline);
        self.queue.finish();
        let report = self.pipeline.report();
        match (is_done, report.dropped + report.failed) {
            (true, 0) => Ok(()),
            (true, _) => Err(OTelSdkError::InternalFailure(report.to_string())),
            (false, _) => Err(OTelSdkError::Timeout(timeout)),
        }
    }

    pub(super) fn set_resource(&self, resource: &opentelemetry_sdk::Resource) {
        (self.set_resource)(resource);
    }
}
