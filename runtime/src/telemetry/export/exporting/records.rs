//! The exporters of log records.

use std::sync::{Arc, OnceLock};

use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;

use super::super::error::ExportError;
use super::super::log_processor::BatchedRecords;
use super::super::log_records::{self, LogRecords, Record};
use super::super::otlp_exporter::Prepare;
use super::super::queue::Queue;
use super::super::signal::Finish;
use super::super::source::QueueStats;
use super::described::{LINES_BATCH_BYTES, bounds, component_of, max_bytes, name, name_of_lines};
use super::{Exporting, exporter};
use crate::telemetry::settings::{BatchSettings, FileSettings, OtlpSettings};

impl Exporting {
    /// Adds an exporter of log records. `finish` is applied to each on the exporters' thread.
    ///
    /// # Errors
    ///
    /// [`ExportError`]: nothing could ever be exported to that destination.
    pub(crate) fn records(
        &mut self,
        otlp: &OtlpSettings,
        batch: BatchSettings,
        finish: Finish<Record>,
    ) -> Result<BatchedRecords, ExportError> {
        let (prepare, set_resource) = prepared_records(finish);
        let queue = Arc::new(Queue::new(bounds(batch, max_bytes(otlp, batch))));
        let stats = Arc::clone(&queue) as Arc<dyn QueueStats>;
        let exporter = exporter::<LogRecords>(otlp, batch, prepare, stats)?;
        let names = (name(otlp), component_of::<LogRecords>(otlp));
        let handle = self.pipeline(names, batch, queue, exporter, set_resource);
        Ok(BatchedRecords::new(handle))
    }

    /// As [`span_lines`](Self::span_lines), for log records.
    pub(crate) fn record_lines(
        &mut self,
        file: Option<FileSettings>,
        batch: BatchSettings,
        finish: Finish<Record>,
    ) -> BatchedRecords {
        let (prepare, set_resource) = prepared_records(finish);
        let name = name_of_lines(file.as_ref());
        let queue = Arc::new(Queue::new(bounds(batch, LINES_BATCH_BYTES)));
        BatchedRecords::new(self.lines(file, name, batch, queue, prepare, set_resource))
    }
}

/// A function that makes a request from a batch of log records, and one that sets their resource.
fn prepared_records(
    finish: Finish<Record>,
) -> (
    Prepare<LogRecords>,
    impl Fn(&opentelemetry_sdk::Resource) + Send + Sync + 'static,
) {
    let resource = Arc::<OnceLock<ResourceAttributesWithSchema>>::default();
    let of_records = Arc::clone(&resource);
    let prepare = move |mut batch: Vec<Record>| {
        batch.iter_mut().for_each(|record| finish(record));
        let empty = ResourceAttributesWithSchema::default();
        log_records::request(batch, of_records.get().unwrap_or(&empty))
    };
    let set_resource = move |of_sdk: &opentelemetry_sdk::Resource| {
        // A processor belongs to one provider, which calls this once.
        let _ = resource.set(ResourceAttributesWithSchema::from(of_sdk));
    };
    (Box::new(prepare), set_resource)
}
