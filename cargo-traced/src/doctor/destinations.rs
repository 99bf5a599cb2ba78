//! The destinations of spans and log records, from code and environment together.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use axum::http::Uri;

use super::code::{Exporters, OtlpInCode};
use super::environment::{Environment, Found};
use crate::functions::Function;
use crate::sources::Text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// The destination of one signal.
pub(super) struct Destination<'p> {
    pub(super) protocol: Protocol,
    pub(super) endpoint: Endpoint,
    /// The place of the endpoint, or of the exporter where no endpoint is set.
    pub(super) place: Place<'p>,
    /// The file of trusted certificates.
    pub(super) certificate: Option<PathBuf>,
}

/// An endpoint that cannot be read.
pub(super) struct Unreadable<'p> {
    pub(super) place: Place<'p>,
    /// The URL that was probably meant.
    pub(super) meant: Option<String>,
}

#[derive(Clone)]
pub(super) struct Place<'p> {
    pub(super) file: &'p Text,
    pub(super) range: Range<usize>,
    pub(super) function: Option<&'p Function<'p>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Url {
        uri: Uri,
        is_https: bool,
        host: String,
        port: u16,
    },
    /// `unix:/path`.
    Socket(PathBuf),
}

/// The endpoint as messages show it: without user, password, path and query.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Url {
                is_https,
                host,
                port,
                ..
            } => {
                let scheme = if *is_https { "https" } else { "http" };
                match host.contains(':') {
                    true => write!(f, "{scheme}://[{host}]:{port}"),
                    false => write!(f, "{scheme}://{host}:{port}"),
                }
            }
            Endpoint::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Endpoint {
    /// Reads an endpoint like the exporters of `traced`. `bare` is the scheme of an endpoint without one, which only
    /// gRPC allows.
    fn read(written: &str, protocol: Protocol, bare: &str) -> Option<Self> {
        let written = written.trim();
        if let Some(file) = written.strip_prefix("unix:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            let is_file = file.starts_with('/') && file.len() > 1;
            return is_file.then(|| Endpoint::Socket(file.into()));
        }
        let has_scheme = written.contains("://");
        let is_half_a_scheme = ["http:/", "https:/", "http//", "https//"]
            .iter()
            .any(|half| written.starts_with(half) && !has_scheme);
        if is_half_a_scheme {
            return None;
        }
        let uri: Uri = match protocol {
            Protocol::Grpc if !has_scheme => format!("{bare}://{written}").parse().ok()?,
            _ => written.parse().ok()?,
        };
        let is_https = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        // The crate `http` accepts any digits as a port, and returns no port if the number is too large.
        let after = authority.as_str().rsplit('@').next()?;
        let written_port = after
            .strip_prefix(authority.host())?
            .trim_start_matches(':');
        let port = match authority.port_u16() {
            Some(0) => return None,
            Some(port) => port,
            None if !written_port.is_empty() => return None,
            None => match is_https {
                true => 443,
                false => 80,
            },
        };
        (!host.is_empty()).then_some(Endpoint::Url {
            uri,
            is_https,
            host,
            port,
        })
    }

    fn default_of(protocol: Protocol) -> Self {
        let port = match protocol {
            Protocol::Grpc => 4317,
            Protocol::Http => 4318,
        };
        Endpoint::Url {
            uri: Uri::default(),
            is_https: false,
            host: "localhost".to_owned(),
            port,
        }
    }

    pub(super) fn is_https(&self) -> bool {
        matches!(self, Endpoint::Url { is_https: true, .. })
    }
}

/// The two signals, by the word in their variables.
const SIGNALS: [&str; 2] = ["TRACES", "LOGS"];

/// The destinations of a program, and the endpoints that cannot be read.
pub(super) fn destinations<'p>(
    environment: &'p Environment,
    code: &Exporters<'p>,
    has_logs: bool,
) -> (Vec<Destination<'p>>, Vec<Unreadable<'p>>) {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    let is_off = environment.is_true("OTEL_SDK_DISABLED");
    // The configuration file replaces the variables.
    if is_off || environment.get("OTEL_CONFIG_FILE").is_some() {
        return (found, unreadable);
    }
    for signal in SIGNALS {
        if signal == "LOGS" && !has_logs {
            continue;
        }
        let of = Signal {
            environment,
            signal,
        };
        let mut keep = |one: Result<Option<Destination<'p>>, Unreadable<'p>>| match one {
            Ok(destination) => found.extend(destination),
            Err(wrong) => unreadable.push(wrong),
        };
        for otlp in &code.otlp {
            keep(of.in_code(otlp));
        }
        let is_told_in_code = signal == "TRACES" && code.are_chosen;
        if code.otlp.is_empty() && !is_told_in_code {
            keep(of.in_environment());
        }
    }
    (found, unreadable)
}

struct Signal<'p> {
    environment: &'p Environment,
    signal: &'static str,
}

impl<'p> Signal<'p> {
    /// The signal's own variable, else the general one.
    fn get(&self, name: &str) -> Option<Found<'p>> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{name}", self.signal);
        let general = format!("OTEL_EXPORTER_OTLP_{name}");
        let environment = self.environment;
        environment.get(&own).or_else(|| environment.get(&general))
    }

    fn protocol(&self) -> Protocol {
        match self
            .get("PROTOCOL")
            .map(|found| found.value().to_ascii_lowercase())
        {
            Some(name) if name == "grpc" => Protocol::Grpc,
            _ => Protocol::Http,
        }
    }

    /// The scheme of an endpoint without one.
    fn bare(&self) -> &'static str {
        let insecure = self.get("INSECURE");
        match insecure.is_some_and(|found| found.value().eq_ignore_ascii_case("true")) {
            true => "http",
            false => "https",
        }
    }

    fn read(
        &self,
        written: &str,
        protocol: Protocol,
        place: Place<'p>,
    ) -> Result<Option<Destination<'p>>, Unreadable<'p>> {
        let Some(endpoint) = Endpoint::read(written, protocol, self.bare()) else {
            return Err(Unreadable {
                place,
                meant: meant(written),
            });
        };
        Ok(Some(self.destination(protocol, endpoint, place)))
    }

    fn destination(
        &self,
        protocol: Protocol,
        endpoint: Endpoint,
        place: Place<'p>,
    ) -> Destination<'p> {
        let certificate = self.get("CERTIFICATE");
        Destination {
            protocol,
            endpoint,
            place,
            certificate: certificate.map(|found| found.value().into()),
        }
    }

    fn in_environment(&self) -> Result<Option<Destination<'p>>, Unreadable<'p>> {
        let endpoint = self.get("ENDPOINT");
        let exporter = self
            .environment
            .get(&format!("OTEL_{}_EXPORTER", self.signal));
        let is_sent = match &exporter {
            None => endpoint.is_some(),
            Some(exporter) => {
                let names = exporter.value().to_ascii_lowercase();
                let mut names = names.split(',').map(str::trim);
                // A name that is unknown counts as unset, and the default is a collector.
                names.any(|name| !matches!(name, "console" | "otlp/stdout" | "none" | ""))
            }
        };
        let protocol = self.protocol();
        match (endpoint, exporter) {
            _ if !is_sent => Ok(None),
            (Some(endpoint), _) => self.read(endpoint.value(), protocol, place(&endpoint)),
            (None, Some(exporter)) => Ok(Some(self.destination(
                protocol,
                Endpoint::default_of(protocol),
                place(&exporter),
            ))),
            (None, None) => Ok(None),
        }
    }

    fn in_code(&self, otlp: &OtlpInCode<'p>) -> Result<Option<Destination<'p>>, Unreadable<'p>> {
        let protocol = match otlp.protocol.as_deref() {
            Some("Grpc") => Protocol::Grpc,
            Some("HttpProtobuf" | "HttpJson") => Protocol::Http,
            // A value that is made elsewhere may be either.
            Some(_) => return Ok(None),
            None => self.protocol(),
        };
        let own = format!("{}_endpoint", self.signal.to_ascii_lowercase());
        let of = |name: &str| {
            let mut endpoints = otlp.endpoints.iter();
            endpoints.find(|(method, _)| method == name)
        };
        match of(&own).or_else(|| of("endpoint")) {
            Some((_, Some(literal))) => {
                let file = otlp.function.file;
                let place = Place {
                    file,
                    range: file.range(literal.span()),
                    function: Some(otlp.function),
                };
                self.read(&literal.value(), protocol, place)
            }
            // The value is only known at run time.
            Some((_, None)) => Ok(None),
            None => match self.get("ENDPOINT") {
                Some(endpoint) => self.read(endpoint.value(), protocol, place(&endpoint)),
                None => Ok(None),
            },
        }
    }
}

fn place<'p>(found: &Found<'p>) -> Place<'p> {
    Place {
        file: found.text,
        range: found.setting.value_range.clone(),
        function: None,
    }
}

/// The URL that was probably meant, if only its scheme is wrong; `None` for a value that may contain a secret.
fn meant(written: &str) -> Option<String> {
    let bare = written.trim_matches(['"', '\'', '`']);
    let (_, rest) = bare.split_once("//").unwrap_or(("", bare));
    let rest = rest
        .trim_start_matches("http:/")
        .trim_start_matches("https:/");
    let scheme = if bare.starts_with("https") {
        "https"
    } else {
        "http"
    };
    let meant = format!("{scheme}://{rest}");
    let is_url = Endpoint::read(&meant, Protocol::Http, "http").is_some();
    (is_url && !written.contains(['@', '?'])).then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str, protocol: Protocol) -> Option<String> {
        Endpoint::read(written, protocol, "https").map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn endpoints_are_read_as_the_exporters_read_them() {
        use Protocol::{Grpc, Http};
        for (written, protocol, expected) in [
            ("http://localhost:4318", Http, Some("http://localhost:4318")),
            ("https://user:pass@c/v1?key=x", Http, Some("https://c:443")),
            ("http://[::1]:4318/", Http, Some("http://[::1]:4318")),
            ("collector:4317", Grpc, Some("https://collector:4317")),
            ("collector:4318", Http, None),
            ("localhost:4318", Http, None),
            ("http:/localhost:4318", Grpc, None),
            ("http://localhost:99999", Http, None),
            ("http://localhost:0", Http, None),
            ("ftp://localhost", Http, None),
            ("unix:///run/otel.sock", Grpc, Some("unix:/run/otel.sock")),
            ("unix:otel.sock", Grpc, None),
        ] {
            assert_eq!(read(written, protocol).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn an_endpoint_without_a_scheme_is_shown_with_one() {
        assert_eq!(
            meant("collector:4318").as_deref(),
            Some("http://collector:4318")
        );
        assert_eq!(meant("\"http://c:4318\"").as_deref(), Some("http://c:4318"));
        assert_eq!(meant("https:/c").as_deref(), Some("https://c"));
        assert_eq!(meant("key@collector:4318"), None);
        assert_eq!(meant(""), None);
    }
}
