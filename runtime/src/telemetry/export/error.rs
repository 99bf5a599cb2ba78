//! Errors of building an exporter.

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
    /// A client key without a client certificate, or the reverse: the missing one, then the present
    /// one.
    #[cfg(feature = "tls")]
    HalfAnIdentity(&'static str, &'static str),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Endpoint(endpoint) => write!(
                f,
                "`{endpoint}` is not an endpoint; set OTEL_EXPORTER_OTLP_ENDPOINT to a URL \
                 such as `http://localhost:4318`"
            ),
            #[cfg(feature = "tls")]
            ExportError::Tls(what) => write!(
                f,
                "cannot set up TLS with the files that OTEL_EXPORTER_OTLP_CERTIFICATE, \
                 OTEL_EXPORTER_OTLP_CLIENT_KEY and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE name: {what}"
            ),
            #[cfg(feature = "tls")]
            ExportError::HalfAnIdentity(missing, given) => write!(
                f,
                "found a client {given} without a client {missing}; set both or neither of \
                 OTEL_EXPORTER_OTLP_CLIENT_KEY and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"
            ),
        }
    }
}

impl std::error::Error for ExportError {}
