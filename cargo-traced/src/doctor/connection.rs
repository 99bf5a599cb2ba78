//! Tries to connect to a collector. The connection, with its TLS handshake, is opened and closed again; nothing is
//! sent.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore};

use super::destinations::{Destination, Endpoint, Protocol};
use super::environment::Environment;

/// The time limit for resolving the name, connecting and the handshake together.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The reason why there is no connection, and the remedy.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) what: String,
    /// The addresses that were tried, each with its result.
    pub(super) detail: String,
    pub(super) help: String,
}

/// The peer of the connection: the collector, or the proxy before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Collector,
    /// A proxy. The connection behind it was not tried.
    Proxy(String),
}

/// The collectors that were tried, each once.
#[derive(Default)]
pub(super) struct Trials(HashMap<String, Result<Reached, Problem>>);

impl Trials {
    pub(super) fn of(
        &mut self,
        destination: &Destination<'_>,
        environment: &Environment,
    ) -> Result<Reached, Problem> {
        let certificate = &destination.certificate;
        let key = format!("{} {certificate:?}", destination.endpoint);
        let trial = self.0.entry(key);
        trial
            .or_insert_with(|| reach(destination, environment))
            .clone()
    }
}

fn reach(destination: &Destination<'_>, environment: &Environment) -> Result<Reached, Problem> {
    let end = Instant::now() + TIMEOUT;
    match &destination.endpoint {
        Endpoint::Socket(path) => socket(path).map(|()| Reached::Collector),
        Endpoint::Url {
            uri,
            is_https,
            host,
            port,
        } => {
            if !is_of_this_machine(host)
                && let Some(proxy) = proxies(environment).intercept(uri)
            {
                let proxy = proxy.uri();
                let host = proxy.host().unwrap_or_default();
                let port = proxy.port_u16().unwrap_or(80);
                connect(host, port, end)?;
                return Ok(Reached::Proxy(format!("{host}:{port}")));
            }
            let stream = connect(host, *port, end)?;
            if *is_https {
                handshake(stream, host, destination, end)?;
            }
            Ok(Reached::Collector)
        }
    }
}

/// Whether the host is this machine, which the exporters of `traced` reach without a proxy.
fn is_of_this_machine(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn proxies(environment: &Environment) -> Matcher {
    let value = |name: &str| {
        let value = environment.value(&name.to_ascii_lowercase());
        let value = value.or_else(|| environment.value(name));
        value.unwrap_or_default().to_owned()
    };
    Matcher::builder()
        .http(value("HTTP_PROXY"))
        .https(value("HTTPS_PROXY"))
        .all(value("ALL_PROXY"))
        .no(value("NO_PROXY"))
        .build()
}

fn time_left(end: Instant) -> Duration {
    // A timeout of zero would be an error, or mean no timeout.
    end.saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1))
}

fn connect(host: &str, port: u16, end: Instant) -> Result<TcpStream, Problem> {
    let addresses = resolve(host, port, end)?;
    let mut failures = Vec::new();
    let mut kinds = Vec::new();
    for address in addresses {
        match TcpStream::connect_timeout(&address, time_left(end)) {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                failures.push(format!("{address}: {}", described(&error)));
                kinds.push(error.kind());
            }
        }
    }
    let is_refused = kinds.contains(&ErrorKind::ConnectionRefused);
    let is_late = kinds.iter().all(|kind| is_timeout(*kind));
    let (what, help) = if is_refused {
        (
            format!("nothing listens at {host}:{port}"),
            "start the collector, or name another endpoint; `cargo traced view` is one for this machine",
        )
    } else if is_late {
        (
            format!(
                "no answer from {host}:{port} within {} s",
                TIMEOUT.as_secs()
            ),
            "check whether the address is right, and whether a firewall drops what is sent there",
        )
    } else {
        (
            format!("{host}:{port} cannot be reached"),
            "check whether the address is right, and whether this machine has a route to it",
        )
    };
    Err(Problem {
        what,
        detail: failures.join("; "),
        help: help.to_owned(),
    })
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

fn described(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        kind if is_timeout(kind) => "timed out".to_owned(),
        _ => error.to_string(),
    }
}

/// The addresses of a name. The system's resolver has no timeout, so it runs on a thread of its own.
fn resolve(host: &str, port: u16, end: Instant) -> Result<Vec<SocketAddr>, Problem> {
    let unknown = |detail: String| {
        Problem {
        what: format!("the name `{host}` cannot be resolved"),
        detail,
        help: "check whether it is spelt right, and whether it is known where the program runs (names of containers \
               and clusters are known inside alone)"
            .to_owned(),
    }
    };
    let (sender, receiver) = mpsc::channel();
    let name = host.to_owned();
    let resolver = std::thread::Builder::new().spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs();
        // After the timeout, nobody receives.
        let _ = sender.send(found.map(Iterator::collect::<Vec<_>>));
    });
    resolver.map_err(|error| unknown(error.to_string()))?;
    match receiver.recv_timeout(time_left(end)) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(unknown("it has no address".to_owned())),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(unknown(error.to_string())),
        Err(_) => Err(unknown(format!(
            "no name server answered within {} s",
            TIMEOUT.as_secs()
        ))),
    }
}

#[cfg(unix)]
fn socket(path: &Path) -> Result<(), Problem> {
    // A socket answers at once or never: its queue is this machine's memory.
    let connected = std::os::unix::net::UnixStream::connect(path);
    connected.map(|_| ()).map_err(|error| Problem {
        what: format!("nobody listens on the socket {}", path.display()),
        detail: described(&error),
        help: "start the collector, or name another endpoint".to_owned(),
    })
}

#[cfg(not(unix))]
fn socket(path: &Path) -> Result<(), Problem> {
    Err(Problem {
        what: format!(
            "there are no sockets like {} on this system",
            path.display()
        ),
        detail: "`unix:` endpoints need Unix".to_owned(),
        help: "name a URL".to_owned(),
    })
}

fn handshake(
    mut stream: TcpStream,
    host: &str,
    destination: &Destination<'_>,
    end: Instant,
) -> Result<(), Problem> {
    let problem = |what: &str, detail: &dyn Display, help: &str| no_tls(host, what, detail, help);
    let config = config(destination).map_err(|(file, error)| {
        problem(
            "its certificate cannot be checked",
            &format!("{}: {error}", file.display()),
            "name a PEM file with the certificate of the authority",
        )
    })?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| {
        problem(
            "this is not a valid server name",
            &error,
            "correct the endpoint",
        )
    })?;
    let mut connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|error| problem("it cannot be started", &error, "correct the endpoint"))?;
    while connection.is_handshaking() {
        let timeout = Some(time_left(end));
        let result = stream
            .set_read_timeout(timeout)
            .and_then(|()| stream.set_write_timeout(timeout))
            .and_then(|()| connection.complete_io(&mut stream));
        let Err(error) = result else {
            continue;
        };
        return Err(of_handshake(host, &error));
    }
    Ok(())
}

fn no_tls(host: &str, what: &str, detail: &dyn Display, help: &str) -> Problem {
    Problem {
        what: format!("no TLS with {host}: {what}"),
        detail: detail.to_string(),
        help: help.to_owned(),
    }
}

/// The cause of a handshake that failed.
fn of_handshake(host: &str, error: &io::Error) -> Problem {
    let problem = |what: &str, detail: &dyn Display, help: &str| no_tls(host, what, detail, help);
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(wrong)) => {
            let (what, help) = of_certificate(wrong);
            problem(what, &wrong, help)
        }
        Some(wrong @ rustls::Error::InvalidMessage(_)) => problem(
            "the server there does not speak TLS",
            &wrong,
            "write `http://`, or the port at which the collector speaks TLS",
        ),
        Some(wrong) => problem(
            "the handshake failed",
            &wrong,
            "look at the collector's settings for TLS; a client certificate is not tried here",
        ),
        None if is_timeout(error.kind()) => problem(
            &format!("no answer within {} s", TIMEOUT.as_secs()),
            &"the connection was accepted, and the handshake was not answered",
            "check whether this port is the collector's, and speaks TLS",
        ),
        None => problem(
            "the connection ended during the handshake",
            error,
            "check whether this port is the collector's, and speaks TLS",
        ),
    }
}

fn of_certificate(wrong: &CertificateError) -> (&'static str, &'static str) {
    match wrong {
        CertificateError::UnknownIssuer => (
            "the authority that signed its certificate is not trusted here",
            "name the PEM file of the authority in `OTEL_EXPORTER_OTLP_CERTIFICATE`",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "its certificate is for another name",
            "name the collector as its certificate does",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "its certificate has expired",
            "renew the certificate of the collector, or look at the clock of this machine",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "its certificate is not valid yet",
            "look at the clock of this machine",
        ),
        _ => (
            "its certificate is not valid",
            "look at the certificate of the collector",
        ),
    }
}

/// The trusted certificates, as the exporters choose them: those of a named file, else those of the system.
fn config(destination: &Destination<'_>) -> Result<ClientConfig, (PathBuf, String)> {
    let mut roots = RootCertStore::empty();
    match &destination.certificate {
        Some(file) => {
            let wrong = |error: &dyn Display| (file.clone(), error.to_string());
            let certificates =
                CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            if roots.is_empty() {
                return Err(wrong(&"there is no certificate in it"));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| (PathBuf::new(), error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = match destination.protocol {
        Protocol::Grpc => vec![b"h2".to_vec()],
        Protocol::Http => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    };
    Ok(config)
}
