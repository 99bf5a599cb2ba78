//! Log records on the wire.

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;

use bytes::Bytes;
use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as WireResource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;

use super::queue::Queue;
use super::send_error::SendError;
use super::signal::{Format, OtlpSignal, encode};

/// Log records.
#[derive(Debug)]
pub(crate) struct LogRecords;

/// A log record in the message type of OTLP. A processor only borrows its record, and to clone it would cost as much as
/// this conversion.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) record: LogRecord,
    pub(super) scope: InstrumentationScope,
    /// The target of `tracing`; it becomes the scope's name if the appender sets none.
    pub(super) target: Option<Cow<'static, str>>,
}

impl OtlpSignal for LogRecords {
    type Source = Queue<Record>;
    type Request = ExportLogsServiceRequest;

    const SINGULAR: &'static str = "log record";
    const PLURAL: &'static str = "log records";
    const COMPONENT: &'static str = "log";
    const METHOD: &'static str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    const ENDPOINT: &'static str =
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    const QUEUE_SIZE: &'static str = "OTEL_BLRP_MAX_QUEUE_SIZE";
    const REJECTED: [&'static str; 2] = ["rejectedLogRecords", "rejected_log_records"];

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

    fn encode(request: &ExportLogsServiceRequest, format: Format) -> Result<Bytes, SendError> {
        encode(request, format)
    }
}

/// Makes a request of a batch.
pub(super) fn request(
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

/// The records grouped by scope, in their order.
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

/// Moves the later half of the items to scopes of a new list. A request has one resource, so this halves the request.
fn later_half<S: Clone, I>(scopes: &mut Vec<S>, items: impl Fn(&mut S) -> &mut Vec<I>) -> Vec<S> {
    let count: usize = scopes.iter_mut().map(|scope| items(scope).len()).sum();
    let mut kept = count.div_ceil(2);
    let mut place = 0;
    for scope in scopes.iter_mut() {
        let len = items(scope).len();
        if len > kept {
            break;
        }
        kept -= len;
        place += 1;
    }
    let mut later = scopes.split_off(place);
    // The middle may fall inside the first scope of these: it is divided.
    if let Some(scope) = later.first_mut().filter(|_| kept > 0) {
        let mut first = mem::take(items(scope));
        let rest = first.split_off(kept);
        let mut earlier = scope.clone();
        *items(&mut earlier) = first;
        *items(scope) = rest;
        scopes.push(earlier);
    }
    later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_are_halved_however_they_are_spread_over_scopes() {
        for sizes in [
            vec![2],
            vec![7],
            vec![1, 1],
            vec![3, 4, 0, 5],
            vec![0, 9, 1],
            vec![1, 9],
        ] {
            let mut next = 0..;
            let mut scopes: Vec<(usize, Vec<i32>)> = sizes
                .iter()
                .copied()
                .enumerate()
                .collect::<Vec<_>>()
                .into_iter()
                .map(|(scope, size)| (scope, next.by_ref().take(size).collect()))
                .collect();
            let items = |scopes: &[(usize, Vec<i32>)]| -> Vec<(usize, i32)> {
                let items = scopes
                    .iter()
                    .flat_map(|(scope, items)| items.iter().map(|item| (*scope, *item)));
                items.collect()
            };
            let all = items(&scopes);
            let later = later_half(&mut scopes, |scope| &mut scope.1);
            let (first, second) = (items(&scopes), items(&later));
            assert_eq!(first.len(), all.len().div_ceil(2), "{sizes:?}");
            assert_eq!([first, second].concat(), all, "{sizes:?}");
        }
    }
}
