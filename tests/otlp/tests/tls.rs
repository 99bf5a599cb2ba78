//! `https`: with an authority of our own, with certificates for both sides, and what is refused.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use traced_tests_otlp::{Identity, Receiver};

use crate::child::{Ended, child, run};
use crate::routes::Tunnels;

const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];

/// An authority, and files with what it signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Authority { issuer, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate and its key, in PEM.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// A collector at `localhost`.
    fn collector(&self, client_authority: Option<&Authority>) -> Receiver {
        self.collector_at("localhost", client_authority)
    }

    /// A collector that says it is that host.
    fn collector_at(&self, host: &str, client_authority: Option<&Authority>) -> Receiver {
        let (certificate, key) = self.sign(host);
        Receiver::start_tls(&Identity {
            certificate,
            key,
            client_authority: client_authority.map(|authority| authority.issuer.pem()),
        })
    }
}

fn export(receiver: &Receiver, protocol: &str, files: &[(&str, PathBuf)]) -> Ended {
    let mut command = child(&["no_runtime", "100"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    for (variable, file) in files {
        command.env(variable, file);
    }
    run(command)
}

#[test]
fn a_certificate_in_a_file_is_trusted() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let receiver = authority.collector(None);
        let files = [("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.file("ca.pem"))];
        let ended = export(&receiver, protocol, &files);
        assert_eq!(ended.report().exported, 100, "{protocol} {ended:#?}");
        assert_eq!(receiver.count(), 100);
    }
}

#[test]
fn one_that_nobody_vouches_for_is_not() {
    for protocol in PROTOCOLS {
        let receiver = Authority::new().collector(None);
        let ended = export(&receiver, protocol, &[]);
        assert_eq!(ended.report().failed, 100, "{protocol} {ended:#?}");
        assert!(ended.stderr.contains("UnknownIssuer"), "{ended:#?}");
        assert!(
            ended.stderr.contains("OTEL_EXPORTER_OTLP_CERTIFICATE"),
            "{ended:#?}"
        );
        assert_eq!(receiver.requests(), 0);
    }
}

#[test]
fn a_client_shows_its_own_certificate() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (certificate, key) = clients.sign("client");
    std::fs::write(clients.file("client.pem"), certificate).unwrap();
    std::fs::write(clients.file("client.key"), key).unwrap();
    for protocol in PROTOCOLS {
        let receiver = authority.collector(Some(&clients));
        let files = [
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.file("ca.pem")),
            (
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                clients.file("client.pem"),
            ),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", clients.file("client.key")),
        ];
        let ended = export(&receiver, protocol, &files[..1]);
        assert_eq!(ended.report().failed, 100, "{protocol} {ended:#?}");
        let ended = export(&receiver, protocol, &files);
        assert_eq!(ended.report().exported, 100, "{protocol} {ended:#?}");
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_at_once() {
    let authority = Authority::new();
    let receiver = authority.collector(None);
    let files = [(
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        authority.file("missing.pem"),
    )];
    let ended = export(&receiver, "http/protobuf", &files);
    assert!(!ended.status.success(), "{ended:#?}");
    assert!(ended.stderr.contains("missing.pem"), "{ended:#?}");
}

#[test]
fn https_goes_through_a_tunnel_of_the_proxy() {
    const HOST: &str = "collector.example";

    let authority = Authority::new();
    let receiver = authority.collector_at(HOST, None);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        for protocol in PROTOCOLS {
            let proxy = Tunnels::start(receiver.port());
            let url = proxy.url().replace("http://", "http://shop:pass@");
            let mut command = child(&["no_runtime", "10"]);
            command
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("https://{HOST}"))
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
                .env("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.file("ca.pem"))
                .env(variable, url);
            let ended = run(command);
            assert_eq!(
                ended.report().exported,
                10,
                "{variable} {protocol} {ended:#?}"
            );
            let asked = proxy.asked().concat();
            assert!(
                asked.starts_with(&format!("CONNECT {HOST}:443 ")),
                "{asked}"
            );
            // `shop:pass`
            assert!(
                asked.contains("Proxy-Authorization: Basic c2hvcDpwYXNz\r\n"),
                "{asked}"
            );
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_without_certificates_is_named_as_the_cause() {
    let authority = Authority::new();
    let empty = authority.file("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let unusable = authority.file("unusable.pem");
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&unusable, pem).unwrap();
    for (file, cause) in [
        (empty, "this system has no certificate authorities to trust"),
        (
            authority.file("missing.pem"),
            "this system has no certificate authorities to trust",
        ),
        (
            unusable,
            "none of this system's certificate authorities can be used",
        ),
    ] {
        for protocol in ["grpc", "http/protobuf"] {
            let receiver = authority.collector(None);
            let mut command = child(&["no_runtime", "100"]);
            command
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
                // Where the system's certificates are read from instead of their usual place.
                .env("SSL_CERT_FILE", &file)
                .env_remove("SSL_CERT_DIR");
            let ended = run(command);
            assert_eq!(ended.report().failed, 100, "{ended:#?}");
            for expected in [cause, "`ca-certificates`", "`tls-webpki-roots`"] {
                assert!(ended.stderr.contains(expected), "{expected}: {ended:#?}");
            }
        }
    }
}
