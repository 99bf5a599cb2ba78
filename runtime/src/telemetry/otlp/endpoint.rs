//! Parses the URL of a collector, and separates the user and the password in it.
//!
//! Specification: *OpenTelemetry Protocol Exporter*, "Endpoint URLs for OTLP/HTTP".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderValue;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};

use crate::percent_encoding::decode_strictly;
use crate::telemetry::endpoint::Endpoint;
use crate::telemetry::environment::Shown;
use crate::telemetry::settings::{Protocol, Secret};

/// The destination of exports.
pub(super) struct ParsedEndpoint {
    /// The endpoint without user and password.
    pub(super) endpoint: Endpoint,
    user: Option<String>,
}

impl ParsedEndpoint {
    /// Parses an endpoint. If there is a `path`, it is added to the URL for HTTP. A gRPC endpoint may have no scheme;
    /// then `default_scheme` is its scheme.
    ///
    /// # Errors
    ///
    /// A message with the expected and the actual text, without a password.
    pub(super) fn read(
        url: &str,
        protocol: Protocol,
        default_scheme: &str,
        path: Option<&'static str>,
    ) -> Result<Self, String> {
        let url = url.trim();
        if let Some(file) = url.strip_prefix("unix:") {
            return ParsedEndpoint::of_socket(file, protocol, path).ok_or_else(|| {
                format!(
                    "expected the file of a socket, `unix:/path`, found {}{}",
                    Shown(url),
                    if cfg!(unix) {
                        ""
                    } else {
                        " on a system that has no such sockets"
                    }
                )
            });
        }
        ParsedEndpoint::parse(url, protocol, default_scheme, path).ok_or_else(|| {
            format!(
                "expected a URL with `http://` or `https://`, found {}{}",
                Shown(url),
                mistake(url)
            )
        })
    }

    /// Parses a socket in gRPC's notations, `unix:/path` and `unix:///path`.
    fn of_socket(file: &str, protocol: Protocol, path: Option<&'static str>) -> Option<Self> {
        let file = file.strip_prefix("//").unwrap_or(file);
        let is_file = file.starts_with('/') && file.len() > 1;
        (cfg!(unix) && is_file).then(|| {
            let mut parsed = ParsedEndpoint::default_of(protocol, path.unwrap_or("/"));
            parsed.endpoint.socket = Some(file.into());
            parsed
        })
    }

    fn parse(
        url: &str,
        protocol: Protocol,
        default_scheme: &str,
        path: Option<&str>,
    ) -> Option<Self> {
        let is_grpc = protocol == Protocol::Grpc;
        let is_half_a_scheme = ["http:/", "https:/", "http//", "https//"]
            .iter()
            .any(|half| url.starts_with(half) && !url.contains("://"));
        if is_half_a_scheme {
            return None;
        }
        let uri: Uri = if is_grpc && !url.contains("://") {
            format!("{default_scheme}://{url}").parse().ok()?
        } else {
            url.parse().ok()?
        };
        let scheme = uri
            .scheme()
            .filter(|scheme| **scheme == Scheme::HTTP || **scheme == Scheme::HTTPS)?;
        let (user, authority) = split(uri.authority()?)?;
        let path_and_query = match path {
            _ if is_grpc => PathAndQuery::from_static("/"),
            Some(path) => below(&uri, path)?,
            None => uri.path_and_query()?.clone(),
        };
        let uri = Uri::builder()
            .scheme(scheme.clone())
            .authority(authority)
            .path_and_query(path_and_query);
        Some(ParsedEndpoint {
            endpoint: Endpoint {
                uri: uri.build().ok()?,
                socket: None,
            },
            user,
        })
    }

    pub(super) fn default_of(protocol: Protocol, path: &'static str) -> Self {
        let uri = match protocol {
            Protocol::Grpc => Uri::from_static("http://localhost:4317/"),
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                let uri = Uri::builder().scheme("http").authority("localhost:4318");
                uri.path_and_query(path).build().unwrap_or_default()
            }
        };
        ParsedEndpoint {
            endpoint: Endpoint { uri, socket: None },
            user: None,
        }
    }

    /// The header `Authorization` for user and password.
    pub(super) fn authorization(&self) -> Option<Secret> {
        let user = decode_strictly(self.user.as_deref()?)?;
        let value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(user)));
        value.ok().map(Secret::new)
    }
}

/// The mistake in a URL, and the correction if it is certain.
fn mistake(url: &str) -> String {
    let quotes = ['"', '\'', '`'];
    let bare = url.trim_matches(quotes);
    // No correction of a long value or one that may have a secret: messages do not show such values.
    let right = |right: &str| match url.contains(['@', '?']) || url.len() > 60 {
        true => String::new(),
        false => format!(": `{right}`"),
    };
    if url != bare {
        let right = right(bare);
        return format!(", whose quotes are part of the value; write it without them{right}");
    }
    match url.split_once(':').map(|(scheme, _)| scheme) {
        _ if url.contains(char::is_whitespace) => ", with white space in it".to_owned(),
        Some(scheme @ ("http" | "https")) if !url.contains("://") => {
            let rest = url[scheme.len() + 1..].trim_start_matches('/');
            format!(
                ", without `//` after `{scheme}:`{}",
                right(&format!("{scheme}://{rest}"))
            )
        }
        _ if url.starts_with("http//") || url.starts_with("https//") => {
            format!(", without `:`{}", right(&url.replacen("//", "://", 1)))
        }
        _ if url.contains("://") && !url.starts_with("http://") && !url.starts_with("https://") => {
            ", which begins otherwise".to_owned()
        }
        _ if url.contains("://") => ", whose host or port is missing or cannot be read".to_owned(),
        _ => format!(", which has no scheme{}", right(&format!("http://{url}"))),
    }
}

/// Splits an authority into user (with password) and host (with port).
fn split(authority: &Authority) -> Option<(Option<String>, Authority)> {
    let (user, host) = match authority.as_str().rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host.parse().ok()?),
        None => (None, authority.clone()),
    };
    // The crate `http` accepts any digits as a port, and returns `None` if they are no valid port.
    let port = host.as_str().strip_prefix(host.host())?;
    let is_right = port.is_empty() || port == ":" || host.port_u16().is_some_and(|port| port != 0);
    (is_right && !host.host().is_empty()).then_some((user, host))
}

/// The signal's path below the path of the base URL.
fn below(base: &Uri, path: &str) -> Option<PathAndQuery> {
    let above = base.path().trim_end_matches('/');
    let query = base.query().map(|query| format!("?{query}"));
    format!("{above}{path}{}", query.unwrap_or_default())
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, protocol: Protocol, path: Option<&'static str>) -> Result<String, String> {
        let endpoint = ParsedEndpoint::read(url, protocol, "https", path);
        endpoint.map(|endpoint| endpoint.endpoint.uri.to_string())
    }

    fn http(url: &str, path: Option<&'static str>) -> String {
        read(url, Protocol::HttpProtobuf, path).unwrap()
    }

    fn grpc(url: &str) -> String {
        read(url, Protocol::Grpc, Some("/v1/traces")).unwrap()
    }

    #[test]
    fn the_path_of_the_signal_is_added_to_a_general_endpoint() {
        let path = Some("/v1/traces");
        assert_eq!(
            http("http://collector:4318", path),
            "http://collector:4318/v1/traces"
        );
        assert_eq!(
            http("http://collector:4318/", path),
            "http://collector:4318/v1/traces"
        );
        assert_eq!(http("https://c/mine/", path), "https://c/mine/v1/traces");
        assert_eq!(http("https://c/mine", path), "https://c/mine/v1/traces");
        assert_eq!(
            http("https://c/mine?key=1", path),
            "https://c/mine/v1/traces?key=1"
        );
    }

    #[test]
    fn an_endpoint_of_one_signal_is_not_changed() {
        assert_eq!(
            http("http://collector:4318", None),
            "http://collector:4318/"
        );
        assert_eq!(
            http("http://collector/v1/traces/", None),
            "http://collector/v1/traces/"
        );
        assert_eq!(http("http://[::1]:4318/x", None), "http://[::1]:4318/x");
    }

    #[test]
    fn grpc_has_no_path_and_needs_no_scheme() {
        assert_eq!(grpc("http://collector:4317/x"), "http://collector:4317/");
        assert_eq!(grpc("collector:4317"), "https://collector:4317/");
        assert_eq!(grpc("collector"), "https://collector/");
    }

    #[test]
    fn an_invalid_endpoint_is_an_error() {
        for url in [
            "collector:4318",
            "collector",
            "ftp://collector",
            "http://",
            "http://:4318",
            "://x",
            "http://collector:99999",
            "http://collector:0",
            "http://a b",
            "http//collector",
            "/x",
        ] {
            let wrong = read(url, Protocol::HttpProtobuf, None).unwrap_err();
            assert!(
                wrong.contains(&format!("found `{url}`, wh")) || wrong.contains(", with"),
                "{url}: {wrong}"
            );
        }
    }

    #[test]
    fn the_error_corrects_a_misspelt_endpoint() {
        for (url, told) in [
            (
                "collector:4318",
                "which has no scheme: `http://collector:4318`",
            ),
            (
                "\"http://collector:4318\"",
                "write it without them: `http://collector:4318`",
            ),
            (
                "'http://collector:4318'",
                "write it without them: `http://collector:4318`",
            ),
            (
                "http:/collector:4318",
                "without `//` after `http:`: `http://collector:4318`",
            ),
            (
                "https:collector",
                "without `//` after `https:`: `https://collector`",
            ),
            ("http//collector", "without `:`: `http://collector`"),
            ("ftp://collector", "which begins otherwise"),
            ("http://collector:99999", "host or port"),
            ("http://a b", "white space"),
        ] {
            let wrong = read(url, Protocol::HttpProtobuf, None).unwrap_err();
            assert!(
                wrong.ends_with(told) || wrong.contains(told),
                "{url}: {wrong}"
            );
        }
        for url in [
            "\"collector:4317\"",
            "http:/collector:4317",
            "http//collector",
            "https:x",
        ] {
            assert!(read(url, Protocol::Grpc, None).is_err(), "{url}");
        }
        let wrong = read("collector?key=sesame", Protocol::HttpJson, None).unwrap_err();
        assert!(!wrong.contains("sesame"), "{wrong}");
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_of_this_machine_is_an_endpoint() {
        for url in ["unix:/run/otlp.sock", "unix:///run/otlp.sock"] {
            for (protocol, path, expected) in [
                (Protocol::Grpc, Some("/v1/traces"), "http://localhost:4317/"),
                (
                    Protocol::HttpProtobuf,
                    Some("/v1/traces"),
                    "http://localhost:4318/v1/traces",
                ),
            ] {
                let endpoint = ParsedEndpoint::read(url, protocol, "https", path).unwrap();
                assert_eq!(endpoint.endpoint.socket, Some("/run/otlp.sock".into()));
                assert_eq!(endpoint.endpoint.uri, expected);
                assert!(!endpoint.endpoint.is_https());
            }
        }
        for url in [
            "unix:",
            "unix:/",
            "unix://",
            "unix:otlp.sock",
            "unix://run/otlp.sock",
        ] {
            let wrong = read(url, Protocol::Grpc, None).unwrap_err();
            assert!(wrong.contains("`unix:/path`"), "{url}: {wrong}");
        }
    }

    #[test]
    fn a_password_becomes_a_header_and_is_nowhere_else() {
        let url = "https://shop:p%40ss@collector:4318/x";
        let endpoint = ParsedEndpoint::read(url, Protocol::HttpProtobuf, "https", None).unwrap();
        assert_eq!(
            endpoint.endpoint.uri.to_string(),
            "https://collector:4318/x"
        );
        let Secret(value) = endpoint.authorization().unwrap();
        assert_eq!(value.to_str().unwrap(), "Basic c2hvcDpwQHNz");

        let wrong = read("ftp://shop:pass@collector", Protocol::Grpc, None).unwrap_err();
        assert!(!wrong.contains("pass"), "{wrong}");
    }
}
