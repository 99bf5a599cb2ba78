//! Takes received messages of any protocol, writes them to the log file and keeps them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value;

use super::log::Log;
use super::parts::Part;
use super::store::Store;

pub(crate) struct Intake {
    store: Arc<Store>,
    log: Option<Log>,
    /// The size limit of a message in bytes, before and after it is decompressed.
    pub(crate) max_message: usize,
    has_seen_metrics: AtomicBool,
}

impl Intake {
    pub(crate) fn new(store: Arc<Store>, log: Option<Log>, max_message: usize) -> Self {
        Intake {
            store,
            log,
            max_message,
            has_seen_metrics: AtomicBool::new(false),
        }
    }

    pub(crate) fn spans(&self, request: &ExportTraceServiceRequest) -> serde_json::Result<()> {
        self.keep(Part::of_spans(request)?);
        Ok(())
    }

    pub(crate) fn logs(&self, request: &ExportLogsServiceRequest) -> serde_json::Result<()> {
        self.keep(Part::of_logs(request)?);
        Ok(())
    }

    pub(crate) fn json(&self, value: Value) {
        self.keep(Part::of_json(value));
    }

    /// Metrics are accepted and dropped, so that exporters of metrics report no errors.
    pub(crate) fn metrics(&self) {
        if !self.has_seen_metrics.swap(true, Ordering::Relaxed) {
            eprintln!("note: metrics came too; they are not shown");
        }
    }

    fn keep(&self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            if let Some(log) = &self.log {
                log.append(&part);
            }
            self.store.add("received", part);
        }
    }
}
