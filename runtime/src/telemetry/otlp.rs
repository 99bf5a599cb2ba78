//! One exporter to a collector: from code and `OTEL_EXPORTER_OTLP_*` to settings.
//!
//! Specification: *OpenTelemetry Protocol Exporter*, "Configuration Options".

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use self::endpoint::Endpoint;
use super::batch::limit;
use super::environment::{Choice, Choices, Environment, Shown};
use super::error::InitError;
use super::pairs::{self, Member};
use super::settings::{self, Compression, Protocol, Secret, Tls};
use super::variables::{
    OTLP_CERTIFICATE, OTLP_CLIENT_CERTIFICATE, OTLP_CLIENT_KEY, OTLP_COMPRESSION, OTLP_ENDPOINT,
    OTLP_HEADERS, OTLP_INSECURE, OTLP_PROTOCOL, OTLP_TIMEOUT, PerSignal, Variable,
};

mod endpoint;

/// An exporter to a collector, over OTLP. What is not set here is up to the environment, option by
/// option.
///
/// Specification: *OpenTelemetry Protocol Exporter*, "Configuration Options".
///
/// ```
/// use traced::telemetry::{Otlp, Protocol, Telemetry};
///
/// let otlp = Otlp::new()
///     .protocol(Protocol::Grpc)
///     .endpoint("http://collector:4317")
///     .header("x-tenant", "shop");
/// let telemetry = Telemetry::builder().otlp(otlp);
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
    /// Nothing set.
    pub fn new() -> Self {
        Otlp::default()
    }

    /// A collector's URL; over HTTP, `v1/traces` and `v1/logs` are added to its path.
    /// `http://localhost:4318`, with gRPC `http://localhost:4317`, unless set
    /// (`OTEL_EXPORTER_OTLP_ENDPOINT`).
    ///
    /// `unix:/run/collector.sock` is a socket of this machine, for each protocol.
    ///
    /// A user and a password in it become a header. What is no URL is an error of
    /// [`init`](super::TelemetryBuilder::init); so is one with `https` without the feature `tls`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// A collector's URL for spans alone; used as written, no path is added
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

    /// A collector's URL for log records alone; used as written, no path is added
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

    /// How it travels. [`Protocol::HttpProtobuf`] unless set (`OTEL_EXPORTER_OTLP_PROTOCOL`).
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// A header of each export, beside those of `OTEL_EXPORTER_OTLP_HEADERS`, or in place of one
    /// with the same name. No message ever shows its value.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// What one export may take, with its retries; zero is no limit. 10 seconds unless set
    /// (`OTEL_EXPORTER_OTLP_TIMEOUT`).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(limit(timeout));
        self
    }

    /// [`Compression::None`] unless set (`OTEL_EXPORTER_OTLP_COMPRESSION`).
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// A PEM file with what to trust at an `https` endpoint; the system's roots unless set
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

    /// PEM files with the certificate chain and the private key of mutual TLS
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

/// Without what may be secret.
impl std::fmt::Debug for Otlp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Otlp")
            .field("protocol", &self.protocol)
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    #[cfg_attr(not(feature = "logs"), expect(dead_code, reason = "there are none"))]
    Logs,
}

impl Signal {
    fn path(self) -> &'static str {
        match self {
            Signal::Traces => "/v1/traces",
            Signal::Logs => "/v1/logs",
        }
    }

    fn variable(self, variables: &'static PerSignal) -> &'static Variable {
        match self {
            Signal::Traces => &variables.traces,
            Signal::Logs => &variables.logs,
        }
    }
}

static PROTOCOLS: &Choices<Protocol> = &[
    ("grpc", Choice::Is(Protocol::Grpc)),
    ("http/protobuf", Choice::Is(Protocol::HttpProtobuf)),
    ("http/json", Choice::Is(Protocol::HttpJson)),
];

static COMPRESSIONS: &Choices<Compression> = &[
    ("gzip", Choice::Is(Compression::Gzip)),
    ("none", Choice::Is(Compression::None)),
];

impl Otlp {
    pub(super) fn settings(
        &self,
        environment: &mut Environment,
        signal: Signal,
    ) -> Result<settings::Otlp, InitError> {
        let environment = &mut Signalled {
            environment,
            signal,
        };
        let protocol = environment.get(&OTLP_PROTOCOL, |environment, variable| {
            environment.choice(variable, PROTOCOLS)
        });
        let protocol = self.protocol.or(protocol).unwrap_or_default();
        let endpoint = self.find_endpoint(environment, protocol)?;
        let path = environment.signal.path();
        let endpoint = endpoint.unwrap_or_else(|| Endpoint::default_of(protocol, path));
        let timeout = environment.get(&OTLP_TIMEOUT, Environment::timeout);
        let compression = environment.get(&OTLP_COMPRESSION, |environment, variable| {
            environment.choice(variable, COMPRESSIONS)
        });
        Ok(settings::Otlp {
            protocol,
            headers: self.all_headers(environment, &endpoint)?,
            endpoint: endpoint.uri,
            socket: endpoint.socket,
            timeout: self.timeout.or(timeout).unwrap_or(DEFAULT_TIMEOUT),
            compression: self.compression.or(compression).unwrap_or_default(),
            tls: self.tls(environment),
        })
    }

    /// What the first says that can be read; `None` where nobody says anything.
    fn find_endpoint(
        &self,
        environment: &mut Signalled<'_>,
        protocol: Protocol,
    ) -> Result<Option<Endpoint>, InitError> {
        let insecure = environment.get(&OTLP_INSECURE, Environment::boolean);
        let bare = if insecure == Some(true) {
            "http"
        } else {
            "https"
        };
        let path = environment.signal.path();
        let own = match environment.signal {
            Signal::Traces => &self.traces_endpoint,
            Signal::Logs => &self.logs_endpoint,
        };
        // A socket is a file, behind which there is nothing that could name a path.
        let below = |url: &str, base: Option<&'static str>| {
            base.or_else(|| url.trim().starts_with("unix:").then_some(path))
        };
        for (url, path) in [(own, None), (&self.endpoint, Some(path))] {
            if let Some(url) = url {
                let endpoint = Endpoint::read(url, protocol, bare, below(url, path));
                let endpoint = endpoint.map_err(|wrong| InitError::Endpoint {
                    endpoint: Shown(url).to_string(),
                    wrong,
                })?;
                if needs_what_is_off(&endpoint) {
                    let endpoint = shown(&endpoint.uri);
                    return Err(InitError::TlsIsOff { endpoint });
                }
                return Ok(Some(endpoint));
            }
        }
        let variable = environment.signal.variable(&OTLP_ENDPOINT);
        for (variable, path) in [(variable, None), (&OTLP_ENDPOINT.general, Some(path))] {
            let environment = &mut *environment.environment;
            if let Some(url) = environment.text(variable) {
                match Endpoint::read(&url, protocol, bare, below(&url, path)) {
                    Ok(endpoint) if needs_what_is_off(&endpoint) => environment.reject(
                        variable,
                        format_args!(
                            "expected `http://`, as the feature `tls` of `traced` is off, found {}",
                            Shown(&url)
                        ),
                    ),
                    Ok(endpoint) => return Ok(Some(endpoint)),
                    Err(wrong) => environment.reject(variable, wrong),
                }
            }
        }
        Ok(None)
    }

    fn all_headers(
        &self,
        environment: &mut Signalled<'_>,
        endpoint: &Endpoint,
    ) -> Result<Vec<(HeaderName, Secret)>, InitError> {
        let mut headers = environment.get(&OTLP_HEADERS, headers).unwrap_or_default();
        for (name, value) in &self.headers {
            let header = header(name, value).map_err(|wrong| InitError::Header {
                name: name.clone(),
                wrong,
            })?;
            set(&mut headers, header);
        }
        if let Some(authorization) = endpoint.authorization() {
            if !headers
                .iter()
                .any(|(name, _)| name == http::header::AUTHORIZATION)
            {
                headers.push((http::header::AUTHORIZATION, authorization));
            }
        }
        Ok(headers)
    }

    fn tls(&self, environment: &mut Signalled<'_>) -> Tls {
        let mut file = |code: &Option<PathBuf>, variables| {
            let variable = environment.get(variables, Environment::text);
            code.clone().or(variable.map(PathBuf::from))
        };
        Tls {
            certificate: file(&self.certificate, &OTLP_CERTIFICATE),
            client_key: file(&self.client_key, &OTLP_CLIENT_KEY),
            client_certificate: file(&self.client_certificate, &OTLP_CLIENT_CERTIFICATE),
        }
    }
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

fn needs_what_is_off(endpoint: &Endpoint) -> bool {
    cfg!(not(feature = "tls")) && endpoint.is_https()
}

/// Whether the environment names a collector for this signal, be it one that cannot be read.
pub(super) fn names_endpoint(environment: &Environment, signal: Signal) -> bool {
    environment.is_set(signal.variable(&OTLP_ENDPOINT))
        || environment.is_set(&OTLP_ENDPOINT.general)
}

/// An endpoint in a message: without its query, which may hold a key.
pub(super) fn shown(endpoint: &http::Uri) -> String {
    endpoint
        .to_string()
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The environment, for one signal.
struct Signalled<'a> {
    environment: &'a mut Environment,
    signal: Signal,
}

impl Signalled<'_> {
    /// The signal's own setting; where there is none that can be read, the general one.
    fn get<T>(
        &mut self,
        variables: &'static PerSignal,
        read: impl Fn(&mut Environment, &'static Variable) -> Option<T>,
    ) -> Option<T> {
        let own = read(self.environment, self.signal.variable(variables));
        own.or_else(|| read(self.environment, &variables.general))
    }
}

/// The pairs that can be read; a message never shows any part of one.
fn headers(
    environment: &mut Environment,
    variable: &'static Variable,
) -> Option<Vec<(HeaderName, Secret)>> {
    let text = environment.text(variable)?;
    let mut headers = Vec::new();
    for (index, member) in pairs::members(&text).enumerate() {
        let wrong = match member {
            Member::Empty => {
                environment.warn(variable, pairs::STRAY_COMMA);
                continue;
            }
            Member::Malformed(wrong) => wrong,
            Member::Pair(name, value) => match header(&name, &value) {
                Ok(header) => {
                    set(&mut headers, header);
                    continue;
                }
                Err(wrong) => wrong,
            },
        };
        let place = index + 1;
        environment.warn(
            variable,
            format_args!(
                "pair {place} {wrong}; it is left out, write `name=value,name=value`, percent-encoded"
            ),
        );
    }
    Some(headers)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, Secret), &'static str> {
    let name = name
        .trim()
        .parse()
        .map_err(|_| "has a name that no header can have")?;
    let value = HeaderValue::from_str(value).map_err(|_| "has a value that no header can have")?;
    Ok((name, secret(value)))
}

fn secret(mut value: HeaderValue) -> Secret {
    value.set_sensitive(true);
    Secret(value)
}

/// Of a name the last value.
fn set(headers: &mut Vec<(HeaderName, Secret)>, header: (HeaderName, Secret)) {
    headers.retain(|(name, _)| *name != header.0);
    headers.push(header);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(signal: Signal, variables: &'static [(&str, &str)]) -> Tls {
        let mut environment = Environment::new(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).into())
        });
        let settings = Otlp::new().settings(&mut environment, signal).unwrap();
        assert_eq!(environment.into_warnings(), [""; 0]);
        settings.tls
    }

    #[test]
    fn files_are_for_both_signals_or_for_one_alone() {
        let files = files(
            Signal::Traces,
            &[
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
                ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "both.key"),
                ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "traces.key"),
                ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "traces.pem"),
                ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "logs.pem"),
            ],
        );
        let expected = Tls {
            certificate: Some("ca.pem".into()),
            client_key: Some("traces.key".into()),
            client_certificate: Some("traces.pem".into()),
        };
        assert_eq!(files, expected);
    }

    #[cfg(feature = "logs")]
    #[test]
    fn those_of_log_records_are_for_log_records() {
        let files = files(
            Signal::Logs,
            &[
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
                ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "logs.pem"),
                ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "traces.key"),
                ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "both.pem"),
            ],
        );
        let expected = Tls {
            certificate: Some("logs.pem".into()),
            client_key: None,
            client_certificate: Some("both.pem".into()),
        };
        assert_eq!(files, expected);
    }

    #[test]
    fn a_variable_that_needs_the_feature_counts_as_unset_without_it() {
        for (variable, url) in [
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector/v1"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector"),
        ] {
            let mut environment =
                Environment::new(move |name| (name == variable).then(|| url.into()));
            let has_tls = cfg!(feature = "tls");
            assert!(names_endpoint(&environment, Signal::Traces));
            let settings = Otlp::new().settings(&mut environment, Signal::Traces);
            let scheme = settings.unwrap().endpoint.scheme().unwrap().to_string();
            assert_eq!(scheme, if has_tls { "https" } else { "http" });
            let warning = format!(
                "{variable}: expected `http://`, as the feature `tls` of `traced` is off, found \
                 `{url}`; it counts as unset, write for example `{variable}=http://localhost:4318`"
            );
            let expected = if has_tls { vec![] } else { vec![warning] };
            assert_eq!(environment.into_warnings(), expected);
        }
    }

    #[test]
    fn https_in_code_needs_the_feature() {
        let mut environment = Environment::new(|_| None);
        let otlp = Otlp::new().endpoint("https://shop:sesame@collector?key=sesame");
        let settings = otlp.settings(&mut environment, Signal::Traces);
        assert_eq!(settings.is_ok(), cfg!(feature = "tls"));
        if let Err(error) = settings {
            assert_eq!(
                error.to_string(),
                "`Otlp::endpoint`: `https://collector/v1/traces` needs TLS, and the feature `tls` of \
                 `traced` is off; turn it on, or write `http://`"
            );
        }
    }
}
