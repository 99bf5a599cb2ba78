//! The log processor in front of a queue.

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use prost::Message as _;

use super::full_queue::{warn_of_fork, warn_of_full_queue, warn_of_heavy_queue};
use super::log_records::{LogRecords, Record};
use super::queue::Pushed;
use super::queue_handle::QueueHandle;

/// Batches log records for one exporter.
///
/// Specification: OpenTelemetry, *Logs SDK*, "Batching processor".
#[derive(Debug)]
pub(crate) struct BatchedRecords {
    handle: QueueHandle<LogRecords>,
}

impl BatchedRecords {
    pub(super) fn new(handle: QueueHandle<LogRecords>) -> Self {
        BatchedRecords { handle }
    }
}

impl LogProcessor for BatchedRecords {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let record = Record {
            record: LogRecord::from(&*record),
            scope: scope.clone(),
            target: record.target().cloned(),
        };
        let bytes = size_of::<Record>() + record.record.encoded_len();
        let handle = &self.handle;
        // Only the first record without a place is reported.
        match handle.queue.push(record, bytes) {
            Pushed::Full(1) => {
                warn_of_full_queue::<LogRecords>(&handle.pipeline.name, handle.queue.bounds());
            }
            Pushed::FullOfBytes(1) => {
                warn_of_heavy_queue::<LogRecords>(&handle.pipeline.name, handle.queue.bounds());
            }
            Pushed::Forked => warn_of_fork(),
            _ => {}
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
