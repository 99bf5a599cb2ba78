//! The resolved settings of builder and environment: every default is filled in.
//!
//! The topics (`otlp.rs`, `batch.rs`, `limits.rs`) make them, `export.rs` acts on them. `Debug` of each is safe
//! to print: header values are [`Secret`], and an [`Endpoint`] shows no password.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::endpoint::Endpoint;

/// The settings of an OTLP exporter of one signal.
///
/// Specification: OpenTelemetry Protocol Exporter, "Configuration Options".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OtlpSettings {
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: Vec<(http::HeaderName, Secret)>,
    /// For one export with its retries; [`NO_LIMIT`](super::environment::NO_LIMIT) where there is to be none.
    pub(crate) timeout: Duration,
    pub(crate) compression: Compression,
    pub(crate) tls: Tls,
}

/// How OTLP travels.
///
/// Specification: *OpenTelemetry Protocol Exporter*, "Specify Protocol".
///
/// ```
/// use traced::telemetry::Protocol;
///
/// assert_eq!(Protocol::default(), Protocol::HttpProtobuf);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Protobuf over HTTP.
    #[default]
    HttpProtobuf,
    /// JSON over HTTP.
    HttpJson,
}

/// How exports are compressed.
///
/// Specification: *OpenTelemetry Protocol Exporter*, "Configuration Options".
///
/// ```
/// use traced::telemetry::Compression;
///
/// assert_eq!(Compression::default(), Compression::None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// No compression.
    #[default]
    None,
    /// Compression with gzip.
    Gzip,
}

/// The files of an `https` endpoint, in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    /// Trusted beside, or instead of, the system's roots.
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
}

/// The value of a header, which no message shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) http::HeaderValue);

impl Secret {
    pub(crate) fn new(mut value: http::HeaderValue) -> Self {
        value.set_sensitive(true);
        Secret(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// A file of OTLP JSON lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSettings {
    pub(crate) path: PathBuf,
    /// Before it is rotated.
    pub(crate) max_bytes: u64,
    /// How many older files are kept beside it.
    pub(crate) keep: usize,
}

/// How ended spans, or log records, wait for their export.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "Batching processor".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchSettings {
    /// In spans; what ends while as many wait is dropped, and counted.
    pub(crate) max_queue_size: usize,
    /// In spans.
    pub(crate) max_export_batch_size: usize,
    /// How long what ended waits for others, if the batch does not fill before; zero is not at all.
    pub(crate) schedule_delay: Duration,
    /// For one batch; [`NO_LIMIT`](super::environment::NO_LIMIT) where there is to be none.
    pub(crate) export_timeout: Duration,
    /// The bytes that the waiting items may hold together.
    pub(crate) max_queue_bytes: usize,
    /// For one request, encoded, before compression; `None` is up to the protocol.
    pub(crate) max_export_batch_bytes: Option<usize>,
}

/// How much of a span, or of a log record, is exported.
///
/// Specification: OpenTelemetry, *Common*, "Attribute Limits"; *Tracing SDK*, "Span Limits".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitSettings {
    /// The length of values on spans, events and links, in characters; `None` is without a limit.
    pub(crate) value_length: Option<usize>,
    pub(crate) attributes: usize,
    pub(crate) events: usize,
    pub(crate) links: usize,
    pub(crate) event_attributes: usize,
    pub(crate) link_attributes: usize,
    /// The length of values on log records, in characters.
    pub(crate) record_value_length: Option<usize>,
    pub(crate) record_attributes: usize,
}
