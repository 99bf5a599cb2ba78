//! What the exporters know of a kind of telemetry: spans, log records.

use std::fmt::Debug;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use serde::Serialize;

use super::failure::{Failure, Kind, Retry};
use super::json;

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

    /// As in "3 spans".
    const PLURAL: &'static str;
    /// The gRPC method.
    const METHOD: &'static str;
    /// The variables behind its endpoint, and the one behind its queue.
    const ENDPOINT: &'static str;
    const QUEUE_SIZE: &'static str;
    /// How JSON calls the number of items that a collector did not take, and how the `.proto` file does.
    const REJECTED: [&'static str; 2];

    /// The request that carries a batch.
    fn encode(
        batch: Vec<Self::Item>,
        resource: &ResourceAttributesWithSchema,
        format: Format,
    ) -> Result<Bytes, Failure>;
}

/// Ended spans.
#[derive(Debug)]
pub(crate) struct Spans;

impl Signal for Spans {
    type Item = SpanData;

    const PLURAL: &'static str = "spans";
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    const ENDPOINT: &'static str =
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const QUEUE_SIZE: &'static str = "OTEL_BSP_MAX_QUEUE_SIZE";
    const REJECTED: [&'static str; 2] = ["rejectedSpans", "rejected_spans"];

    fn encode(
        batch: Vec<SpanData>,
        resource: &ResourceAttributesWithSchema,
        format: Format,
    ) -> Result<Bytes, Failure> {
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, resource),
        };
        encode(&request, format)
    }
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
