//! The endpoint of a collector, which is safe to print.

use std::fmt;
use std::path::PathBuf;

use http::Uri;
use http::uri::Scheme;

/// The URL or the socket of a collector.
///
/// `Display` and `Debug` show neither user, password nor query, which may contain keys, so no message can leak them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// With the path of the signal for HTTP (`http://localhost:4318/v1/traces`), without a path for
    /// gRPC.
    pub(crate) uri: Uri,
    /// The path of a `unix:` endpoint, instead of the host of `uri`.
    pub(crate) socket: Option<PathBuf>,
}

impl Endpoint {
    pub(crate) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(socket) = &self.socket {
            return write!(f, "unix:{}", socket.display());
        }
        let scheme = self.uri.scheme_str().unwrap_or("http");
        write!(f, "{scheme}://{}", self.uri.host().unwrap_or_default())?;
        if let Some(port) = self.uri.port_u16() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.uri.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_form_shows_user_password_or_query() {
        let endpoint = Endpoint {
            uri: Uri::from_static("https://user:pass@host:1/v1/traces?key=x"),
            socket: None,
        };
        assert_eq!(endpoint.to_string(), "https://host:1/v1/traces");
        assert_eq!(format!("{endpoint:?}"), "https://host:1/v1/traces");
    }
}
