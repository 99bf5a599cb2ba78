//! Resolves the settings of an exporter from code and `OTEL_EXPORTER_OTLP_*`.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;

use super::Otlp;
use super::endpoint::ParsedEndpoint;
use super::headers::{header, headers, set};
use crate::telemetry::environment::{Environment, Keyword, Keywords, Shown};
use crate::telemetry::error::InitError;
use crate::telemetry::settings::{self, Compression, Protocol, Secret, Tls};
use crate::telemetry::signal::Signal;
use crate::telemetry::variables::{
    OTLP_CERTIFICATE, OTLP_CLIENT_CERTIFICATE, OTLP_CLIENT_KEY, OTLP_COMPRESSION, OTLP_ENDPOINT,
    OTLP_HEADERS, OTLP_INSECURE, OTLP_PROTOCOL, OTLP_TIMEOUT, PerSignal, Variable,
};

static PROTOCOLS: &Keywords<Protocol> = &[
    ("grpc", Keyword::Is(Protocol::Grpc)),
    ("http/protobuf", Keyword::Is(Protocol::HttpProtobuf)),
    ("http/json", Keyword::Is(Protocol::HttpJson)),
];

static COMPRESSIONS: &Keywords<Compression> = &[
    ("gzip", Keyword::Is(Compression::Gzip)),
    ("none", Keyword::Is(Compression::None)),
];

impl Otlp {
    pub(in crate::telemetry) fn settings(
        &self,
        environment: &mut Environment,
        signal: Signal,
    ) -> Result<settings::OtlpSettings, InitError> {
        let environment = &mut Signalled {
            environment,
            signal,
        };
        let protocol = environment.get(&OTLP_PROTOCOL, |environment, variable| {
            environment.keyword(variable, PROTOCOLS)
        });
        let protocol = self.protocol.or(protocol).unwrap_or_default();
        let endpoint = self.find_endpoint(environment, protocol)?;
        let path = environment.signal.path();
        let endpoint = endpoint.unwrap_or_else(|| ParsedEndpoint::default_of(protocol, path));
        let timeout = environment.get(&OTLP_TIMEOUT, Environment::timeout);
        let compression = environment.get(&OTLP_COMPRESSION, |environment, variable| {
            environment.keyword(variable, COMPRESSIONS)
        });
        Ok(settings::OtlpSettings {
            protocol,
            headers: self.all_headers(environment, &endpoint)?,
            endpoint: endpoint.endpoint,
            timeout: self.timeout.or(timeout).unwrap_or(DEFAULT_TIMEOUT),
            compression: self.compression.or(compression).unwrap_or_default(),
            tls: self.tls(environment),
        })
    }

    /// The endpoint: the one in code, otherwise that of the first variable that is set and valid.
    ///
    /// In code and in the variables alike, the URL for this signal is used as it is, and the path of the signal is added
    /// to the URL for both signals.
    fn find_endpoint(
        &self,
        environment: &mut Signalled<'_>,
        protocol: Protocol,
    ) -> Result<Option<ParsedEndpoint>, InitError> {
        let signal = environment.signal;
        let insecure = environment.get(&OTLP_INSECURE, Environment::boolean);
        // For a gRPC endpoint without a scheme.
        let default_scheme = if insecure == Some(true) {
            "http"
        } else {
            "https"
        };
        let read = |url: &str, path: Option<&'static str>| {
            // The URL of a socket cannot have a path, so it always gets that of the signal.
            let is_socket = url.trim().starts_with("unix:");
            let path = path.or(is_socket.then(|| signal.path()));
            ParsedEndpoint::read(url, protocol, default_scheme, path)
        };
        match self.endpoint_in_code(signal, read)? {
            Some(endpoint) => Ok(Some(endpoint)),
            None => Ok(endpoint_in_variables(environment.environment, signal, read)),
        }
    }

    fn endpoint_in_code(
        &self,
        signal: Signal,
        read: impl Fn(&str, Option<&'static str>) -> Result<ParsedEndpoint, String>,
    ) -> Result<Option<ParsedEndpoint>, InitError> {
        let of_signal = match signal {
            Signal::Traces => &self.traces_endpoint,
            Signal::Logs => &self.logs_endpoint,
        };
        for (url, path) in [(of_signal, None), (&self.endpoint, Some(signal.path()))] {
            let Some(url) = url else {
                continue;
            };
            let endpoint = read(url, path).map_err(|wrong| InitError::Endpoint {
                endpoint: Shown(url).to_string(),
                wrong,
            })?;
            if needs_tls_feature(&endpoint) {
                let endpoint = endpoint.endpoint.to_string();
                return Err(InitError::TlsIsOff { endpoint });
            }
            return Ok(Some(endpoint));
        }
        Ok(None)
    }

    fn all_headers(
        &self,
        environment: &mut Signalled<'_>,
        endpoint: &ParsedEndpoint,
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

fn endpoint_in_variables(
    environment: &mut Environment,
    signal: Signal,
    read: impl Fn(&str, Option<&'static str>) -> Result<ParsedEndpoint, String>,
) -> Option<ParsedEndpoint> {
    let of_signal = signal.variable(&OTLP_ENDPOINT);
    for (variable, path) in [
        (of_signal, None),
        (&OTLP_ENDPOINT.general, Some(signal.path())),
    ] {
        let Some(url) = environment.text(variable) else {
            continue;
        };
        match read(&url, path) {
            Ok(endpoint) if needs_tls_feature(&endpoint) => environment.reject(
                variable,
                format_args!(
                    "expected `http://`, as the feature `tls` of `traced` is off, found {}",
                    Shown(&url)
                ),
            ),
            Ok(endpoint) => return Some(endpoint),
            Err(wrong) => environment.reject(variable, wrong),
        }
    }
    None
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

fn needs_tls_feature(endpoint: &ParsedEndpoint) -> bool {
    cfg!(not(feature = "tls")) && endpoint.endpoint.is_https()
}

/// The environment, for one signal.
struct Signalled<'a> {
    environment: &'a mut Environment,
    signal: Signal,
}

impl Signalled<'_> {
    /// The value of the signal's variable; if it is unset or invalid, that of the general variable.
    fn get<T>(
        &mut self,
        variables: &'static PerSignal,
        read: impl Fn(&mut Environment, &'static Variable) -> Option<T>,
    ) -> Option<T> {
        let own = read(self.environment, self.signal.variable(variables));
        own.or_else(|| read(self.environment, &variables.general))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::signal::names_endpoint;

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
    fn a_file_for_one_signal_takes_precedence_over_the_general_one() {
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
    fn log_records_have_files_of_their_own() {
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
            let scheme = settings.unwrap().endpoint.uri.scheme().unwrap().to_string();
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
