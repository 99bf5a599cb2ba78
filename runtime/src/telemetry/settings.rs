//! The settings, resolved from builder and environment, with all defaults.
//!
//! `otlp/resolve.rs`, `otlp_file.rs`, `batch.rs` and `limits.rs` make them; `install` and `export` use them. `Debug`
//! of each is safe to print: header values are [`Secret`], and an [`Endpoint`] shows no password.

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
    /// The time for one export with its retries; [`NO_LIMIT`](super::environment::NO_LIMIT) if there is no limit.
    pub(crate) timeout: Duration,
    pub(crate) compression: Compression,
    pub(crate) tls: Tls,
}

/// The protocol of OTLP.
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

/// The compression of exports.
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
    /// Trusted instead of the system's roots.
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
}

/// The value of a header, which messages must not show.
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
    /// The size after which the file is rotated.
    pub(crate) max_bytes: u64,
    /// The number of older files that are kept.
    pub(crate) keep: usize,
}

/// The batching of ended spans or of log records.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "Batching processor".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchSettings {
    /// The number of items that may wait; further ones are dropped, and counted.
    pub(crate) max_queue_size: usize,
    /// The number of items in a batch.
    pub(crate) max_export_batch_size: usize,
    /// How long an item waits at most until its batch is full.
    pub(crate) schedule_delay: Duration,
    /// The time for one batch; [`NO_LIMIT`](super::environment::NO_LIMIT) if there is no limit.
    pub(crate) export_timeout: Duration,
    /// The total size of the items that may wait.
    pub(crate) max_queue_bytes: usize,
    /// The size of one encoded request before compression; by default the protocol decides.
    pub(crate) max_export_batch_bytes: Option<usize>,
}

/// The limits of spans and log records.
///
/// Specification: OpenTelemetry, *Common*, "Attribute Limits"; *Tracing SDK*, "Span Limits".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitSettings {
    /// The length of values on spans, events and links, in characters; `None` means no limit.
    pub(crate) value_length: Option<usize>,
    pub(crate) attributes: usize,
    pub(crate) events: usize,
    pub(crate) links: usize,
    pub(crate) event_attributes: usize,
    pub(crate) link_attributes: usize,
    /// The length of values on log records, in characters; `None` means no limit.
    pub(crate) record_value_length: Option<usize>,
    pub(crate) record_attributes: usize,
}
