//! Why an exporter cannot be built.

use std::fmt;

use crate::telemetry::endpoint::Endpoint;

/// Why an exporter cannot be built.
#[derive(Debug)]
pub(crate) enum ExportError {
    /// No scheme, or no host.
    Endpoint(Endpoint),
    /// A file of certificates or keys, and what is wrong with it.
    #[cfg(feature = "tls")]
    Tls(String),
    /// One of client key and client certificate without the other: what is missing, what is there.
    #[cfg(feature = "tls")]
    HalfAnIdentity(&'static str, &'static str),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Endpoint(endpoint) => write!(
                f,
                "`{endpoint}` is no endpoint; OTEL_EXPORTER_OTLP_ENDPOINT is a URL \
                 such as `http://localhost:4318`"
            ),
            #[cfg(feature = "tls")]
            ExportError::Tls(what) => write!(
                f,
                "no TLS with the files of OTEL_EXPORTER_OTLP_CERTIFICATE, \
                 OTEL_EXPORTER_OTLP_CLIENT_KEY and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: {what}"
            ),
            #[cfg(feature = "tls")]
            ExportError::HalfAnIdentity(missing, given) => write!(
                f,
                "a client {given} without a client {missing}; set OTEL_EXPORTER_OTLP_CLIENT_KEY \
                 and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, both or neither"
            ),
        }
    }
}

impl std::error::Error for ExportError {}
