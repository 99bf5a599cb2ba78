//! What the exporters know of a kind of telemetry: spans, log records.

use std::fmt::Debug;
use std::mem;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use serde::Serialize;

use super::failure::{Failure, Kind, Retry};
use super::{json, size};

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Protobuf,
    Json,
}

/// One kind of telemetry, on the wire and in words.
pub(crate) trait Signal: Send + 'static {
    /// What is batched.
    type Item: Debug + Send + 'static;
    /// The request that carries a batch.
    type Request: Message + Serialize;

    /// As in "a span", "3 spans".
    const SINGULAR: &'static str;
    const PLURAL: &'static str;
    /// The gRPC method.
    const METHOD: &'static str;
    /// The variables behind its endpoint, and the one behind its queue.
    const ENDPOINT: &'static str;
    const QUEUE_SIZE: &'static str;
    /// How JSON calls the number of items that a collector did not take, and how the `.proto` file does.
    const REJECTED: [&'static str; 2];

    /// How many bytes an item holds while it waits; an estimate.
    fn size(item: &Self::Item) -> usize;

    /// Puts a batch into a request.
    fn request(batch: Vec<Self::Item>, resource: &ResourceAttributesWithSchema) -> Self::Request;

    /// How many items are in there.
    fn count(request: &Self::Request) -> u64;

    /// Moves the later half of the items to a request of their own.
    fn split_off(request: &mut Self::Request) -> Self::Request;
}

/// Ended spans.
#[derive(Debug)]
pub(crate) struct Spans;

impl Signal for Spans {
    type Item = SpanData;
    type Request = ExportTraceServiceRequest;

    const SINGULAR: &'static str = "span";
    const PLURAL: &'static str = "spans";
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    const ENDPOINT: &'static str =
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const QUEUE_SIZE: &'static str = "OTEL_BSP_MAX_QUEUE_SIZE";
    const REJECTED: [&'static str; 2] = ["rejectedSpans", "rejected_spans"];

    fn size(span: &SpanData) -> usize {
        size::of_span(span)
    }

    fn request(
        batch: Vec<SpanData>,
        resource: &ResourceAttributesWithSchema,
    ) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, resource),
        }
    }

    fn count(request: &ExportTraceServiceRequest) -> u64 {
        let scopes = request.resource_spans.iter().flat_map(|of| &of.scope_spans);
        scopes.map(|scope| scope.spans.len() as u64).sum()
    }

    fn split_off(request: &mut ExportTraceServiceRequest) -> ExportTraceServiceRequest {
        let resources = request.resource_spans.iter_mut().map(|of| ResourceSpans {
            resource: of.resource.clone(),
            scope_spans: later_half(&mut of.scope_spans, |scope| &mut scope.spans),
            schema_url: of.schema_url.clone(),
        });
        ExportTraceServiceRequest {
            resource_spans: resources.collect(),
        }
    }
}

/// Moves the later half of the items of some scopes to scopes of their own. One request has one
/// resource, so the half of its scopes is that of the request.
pub(crate) fn later_half<S: Clone, I>(
    scopes: &mut Vec<S>,
    items: impl Fn(&mut S) -> &mut Vec<I>,
) -> Vec<S> {
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
    // The first of them may lie on both sides.
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

/// Writes a request of any signal.
pub(crate) fn encode<M: Message + Serialize>(
    message: &M,
    format: Format,
) -> Result<Bytes, Failure> {
    match format {
        Format::Protobuf => Ok(message.encode_to_vec().into()),
        Format::Json => match json::to_vec(message) {
            Ok(json) => Ok(json.into()),
            Err(error) => Err(Failure::new(
                Kind::Malformed,
                Retry::Never,
                error.to_string(),
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_halves_whatever_the_scopes() {
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
