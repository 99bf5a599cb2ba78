//! Log records: on the wire, and the processor in front of their queue.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as WireResource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use prost::Message;

use super::Intake;
use super::signal::{Signal, later_half};

/// Log records.
#[derive(Debug)]
pub(crate) struct Records;

/// A log record as it travels: a processor is lent its record, and to keep it costs the same.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) record: LogRecord,
    scope: InstrumentationScope,
    /// What stands for the scope's name where the appenders know of nothing better: `tracing`'s
    /// target.
    target: Option<Cow<'static, str>>,
}

impl Signal for Records {
    type Item = Record;
    type Request = ExportLogsServiceRequest;

    const SINGULAR: &'static str = "log record";
    const PLURAL: &'static str = "log records";
    const METHOD: &'static str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    const ENDPOINT: &'static str =
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    const QUEUE_SIZE: &'static str = "OTEL_BLRP_MAX_QUEUE_SIZE";
    const REJECTED: [&'static str; 2] = ["rejectedLogRecords", "rejected_log_records"];

    fn size(item: &Record) -> usize {
        size_of::<Record>() + item.record.encoded_len()
    }

    fn request(
        batch: Vec<Record>,
        resource: &ResourceAttributesWithSchema,
    ) -> ExportLogsServiceRequest {
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(WireResource {
                    attributes: resource.attributes.0.clone(),
                    ..WireResource::default()
                }),
                scope_logs: by_scope(batch),
                schema_url: resource.schema_url.clone().unwrap_or_default(),
            }],
        }
    }

    fn count(request: &ExportLogsServiceRequest) -> u64 {
        let scopes = request.resource_logs.iter().flat_map(|of| &of.scope_logs);
        scopes.map(|scope| scope.log_records.len() as u64).sum()
    }

    fn split_off(request: &mut ExportLogsServiceRequest) -> ExportLogsServiceRequest {
        let resources = request.resource_logs.iter_mut().map(|of| ResourceLogs {
            resource: of.resource.clone(),
            scope_logs: later_half(&mut of.scope_logs, |scope| &mut scope.log_records),
            schema_url: of.schema_url.clone(),
        });
        ExportLogsServiceRequest {
            resource_logs: resources.collect(),
        }
    }
}

/// The records of each scope, in the order in which they came.
fn by_scope(batch: Vec<Record>) -> Vec<ScopeLogs> {
    let mut places = HashMap::new();
    let mut scopes: Vec<ScopeLogs> = Vec::new();
    for item in batch {
        let place = places.entry((item.scope, item.target));
        let place = *place.or_insert_with_key(|(scope, target)| {
            scopes.push(ScopeLogs {
                schema_url: scope.schema_url().unwrap_or_default().to_owned(),
                scope: Some((scope, target.clone()).into()),
                log_records: Vec::new(),
            });
            scopes.len() - 1
        });
        scopes[place].log_records.push(item.record);
    }
    scopes
}

/// Batches log records for one exporter.
///
/// Specification: OpenTelemetry, *Logs SDK*, "Batching processor".
#[derive(Debug)]
pub(crate) struct BatchedRecords {
    intake: Intake<Records>,
}

impl BatchedRecords {
    pub(super) fn new(intake: Intake<Records>) -> Self {
        BatchedRecords { intake }
    }
}

impl LogProcessor for BatchedRecords {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.intake.push(Record {
            record: LogRecord::from(&*record),
            scope: scope.clone(),
            target: record.target().cloned(),
        });
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
