//! The builder of the settings of an exporter to a collector.
//!
//! Specification: *OpenTelemetry Protocol Exporter*, "Configuration Options".

use std::path::PathBuf;
use std::time::Duration;

use super::batch::limit;
use super::settings::{Compression, Protocol};

mod endpoint;
mod headers;
mod resolve;

/// An exporter to a collector, over OTLP. The environment sets each option that is not set here.
///
/// Specification: *OpenTelemetry Protocol Exporter*, "Configuration Options".
///
/// ```
/// use traced::telemetry::{Otlp, Protocol, TelemetryBuilder};
///
/// let otlp = Otlp::new()
///     .protocol(Protocol::Grpc)
///     .endpoint("http://collector:4317")
///     .header("x-tenant", "shop");
/// let telemetry = TelemetryBuilder::default().otlp(otlp);
/// # drop(telemetry);
/// ```
#[derive(Clone, Default)]
#[must_use = "an exporter does nothing until a builder has it"]
pub struct Otlp {
    endpoint: Option<String>,
    traces_endpoint: Option<String>,
    logs_endpoint: Option<String>,
    protocol: Option<Protocol>,
    headers: Vec<(String, String)>,
    timeout: Option<Duration>,
    compression: Option<Compression>,
    certificate: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

impl Otlp {
    /// Settings of which none is set.
    ///
    /// ```
    /// use traced::telemetry::Otlp;
    ///
    /// let otlp = Otlp::new();
    /// # drop(otlp);
    /// ```
    pub fn new() -> Self {
        Otlp::default()
    }

    /// Sets the URL of the collector; over HTTP, `v1/traces` or `v1/logs` is added to its path.
    /// The default is `http://localhost:4318`, with gRPC `http://localhost:4317`
    /// (`OTEL_EXPORTER_OTLP_ENDPOINT`).
    ///
    /// `unix:/run/collector.sock` is a Unix socket, for every protocol.
    ///
    /// User and password of the URL are sent as a header. An invalid URL is an error of
    /// [`init`](super::TelemetryBuilder::init), and so is `https` without the feature `tls`.
    ///
    /// ```
    /// use traced::telemetry::Otlp;
    ///
    /// let otlp = Otlp::new().endpoint("http://collector:4318");
    /// # drop(otlp);
    /// ```
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Sets the URL for spans alone. No path is added to it
    /// (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`).
    ///
    /// ```
    /// let otlp = traced::telemetry::Otlp::new().traces_endpoint("http://traces:4318/v1/traces");
    /// # drop(otlp);
    /// ```
    pub fn traces_endpoint(mut self, url: impl Into<String>) -> Self {
        self.traces_endpoint = Some(url.into());
        self
    }

    /// Sets the URL for log records alone. No path is added to it
    /// (`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`).
    ///
    /// ```
    /// let otlp = traced::telemetry::Otlp::new().logs_endpoint("http://logs:4318/v1/logs");
    /// # drop(otlp);
    /// ```
    pub fn logs_endpoint(mut self, url: impl Into<String>) -> Self {
        self.logs_endpoint = Some(url.into());
        self
    }

    /// Sets the protocol; by default [`Protocol::HttpProtobuf`] (`OTEL_EXPORTER_OTLP_PROTOCOL`).
    ///
    /// ```
    /// use traced::telemetry::{Otlp, Protocol};
    ///
    /// let otlp = Otlp::new().protocol(Protocol::Grpc);
    /// # drop(otlp);
    /// ```
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Adds a header to each export. It replaces a header of the same name in `OTEL_EXPORTER_OTLP_HEADERS`. No message
    /// ever shows its value.
    ///
    /// ```
    /// use traced::telemetry::Otlp;
    ///
    /// let otlp = Otlp::new().header("x-tenant", "shop");
    /// # drop(otlp);
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the time limit of an export with its retries; zero means no limit. The default is 10 seconds
    /// (`OTEL_EXPORTER_OTLP_TIMEOUT`). [`Batch::export_timeout`](crate::telemetry::Batch::export_timeout) limits it too:
    /// the shorter one holds. A pause that the collector asks for does not count.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::Otlp;
    ///
    /// let otlp = Otlp::new().timeout(Duration::from_secs(3));
    /// # drop(otlp);
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(limit(timeout));
        self
    }

    /// Sets the compression; by default [`Compression::None`] (`OTEL_EXPORTER_OTLP_COMPRESSION`).
    ///
    /// ```
    /// use traced::telemetry::{Compression, Otlp};
    ///
    /// let otlp = Otlp::new().compression(Compression::Gzip);
    /// # drop(otlp);
    /// ```
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Sets a PEM file with the certificates to trust for an `https` endpoint; by default the system's roots
    /// (`OTEL_EXPORTER_OTLP_CERTIFICATE`). Needs the feature `tls`.
    ///
    /// ```
    /// let otlp = traced::telemetry::Otlp::new()
    ///     .endpoint("https://collector:4318")
    ///     .certificate("/etc/tls/ca.pem");
    /// # drop(otlp);
    /// ```
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.certificate = Some(file.into());
        self
    }

    /// Sets the PEM files with the certificate chain and the private key for mutual TLS
    /// (`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY`). Needs the feature
    /// `tls`.
    ///
    /// ```
    /// let otlp = traced::telemetry::Otlp::new()
    ///     .endpoint("https://collector:4318")
    ///     .identity("/etc/tls/client.pem", "/etc/tls/client.key");
    /// # drop(otlp);
    /// ```
    pub fn identity(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.client_certificate = Some(certificate.into());
        self.client_key = Some(key.into());
        self
    }
}

/// Without endpoints and headers, which may be secret.
impl std::fmt::Debug for Otlp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Otlp")
            .field("protocol", &self.protocol)
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}
