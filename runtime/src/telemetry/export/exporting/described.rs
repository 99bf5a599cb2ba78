//! The names of exporters, and the limits of their batches.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::signal::OtlpSignal;
use crate::recorder::sink::Bounds;
use crate::telemetry::settings::{BatchSettings, FileSettings, OtlpSettings, Protocol};

/// The greatest size of a request in bytes, at which a batch is exported without further delay.
pub(super) fn max_bytes(otlp: &OtlpSettings, batch: BatchSettings) -> usize {
    let max_bytes = batch.max_export_batch_bytes;
    max_bytes.unwrap_or_else(|| default_max_bytes(otlp.protocol))
}

pub(super) fn bounds(batch: BatchSettings, batch_bytes: usize) -> Bounds {
    Bounds {
        items: batch.max_queue_size,
        bytes: batch.max_queue_bytes,
        batch: batch.max_export_batch_size,
        batch_bytes,
    }
}

/// The default size limit of collectors: 4 MiB in gRPC's libraries, 20 MiB in the OpenTelemetry
/// Collector over HTTP.
fn default_max_bytes(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Grpc => 4 << 20,
        Protocol::HttpProtobuf | Protocol::HttpJson => 20 << 20,
    }
}

/// The number of waiting bytes at which a line is written without further delay.
pub(super) const LINES_BATCH_BYTES: usize = 4 << 20;

/// The name of an exporter of lines in reports.
pub(super) fn name_of_lines(file: Option<&FileSettings>) -> Arc<str> {
    match file {
        Some(file) => format!("otlp file {}", file.path.display()).into(),
        None => "otlp/stdout".into(),
    }
}

/// The name of an exporter in reports.
pub(super) fn name(otlp: &OtlpSettings) -> Arc<str> {
    let protocol = match otlp.protocol {
        Protocol::Grpc => "grpc",
        Protocol::HttpProtobuf => "http/protobuf",
        Protocol::HttpJson => "http/json",
    };
    format!("otlp {protocol} {}", otlp.endpoint).into()
}

/// The component type of the exporter in the semantic conventions.
pub(super) fn component_of<S: OtlpSignal>(otlp: &OtlpSettings) -> Cow<'static, str> {
    let protocol = match otlp.protocol {
        Protocol::Grpc => "grpc",
        Protocol::HttpProtobuf => "http",
        Protocol::HttpJson => "http_json",
    };
    format!("otlp_{protocol}_{}_exporter", S::COMPONENT).into()
}
