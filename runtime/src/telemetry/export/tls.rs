//! TLS for `https` endpoints: rustls, with the files that the settings name.
//!
//! Specification: OpenTelemetry Protocol Exporter, "Certificate File", "Client key file" and "Client
//! certificate file".

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::error::ExportError;
use crate::telemetry::settings::Tls;

/// The configuration of a connection. The text, if any, says what is wrong with the system's roots, for an error
/// message.
pub(super) fn config(files: &Tls) -> Result<(ClientConfig, Option<String>), ExportError> {
    let (roots, untrusting) = roots(files)?;
    // A provider for this connection only: the application chooses the one of the process.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ExportError::Tls(error.to_string()))?
        .with_root_certificates(roots);
    let config = match (&files.client_certificate, &files.client_key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let key_of_chain =
                PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
            builder
                .with_client_auth_cert(chain, key_of_chain)
                .map_err(|error| ExportError::Tls(format!("{}: {error}", key.display())))
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(_), None) => Err(ExportError::HalfAnIdentity("key", "certificate")),
        (None, Some(_)) => Err(ExportError::HalfAnIdentity("certificate", "key")),
    };
    Ok((config?, untrusting))
}

/// The root certificates: those in the configured file, otherwise those of the system, and with the feature
/// `tls-webpki-roots` also Mozilla's.
fn roots(files: &Tls) -> Result<(RootCertStore, Option<String>), ExportError> {
    let mut roots = RootCertStore::empty();
    let mut untrusting = None;
    match &files.certificate {
        Some(path) => {
            for certificate in certificates(path)? {
                let added = roots.add(certificate);
                added.map_err(|error| unreadable(path, &error))?;
            }
        }
        // Some systems have certificates that cannot be parsed; those are skipped.
        None => {
            let system = rustls_native_certs::load_native_certs();
            let found = system.certs.len();
            let (usable, _) = roots.add_parsable_certificates(system.certs);
            untrusting = why_none(found, usable, &system.errors);
            #[cfg(feature = "tls-webpki-roots")]
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
    }
    Ok((roots, untrusting))
}

/// The reason why certificates of the system are missing or unusable, if they are.
fn why_none(found: usize, usable: usize, errors: &[rustls_native_certs::Error]) -> Option<String> {
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let reason = match errors.is_empty() {
        true => String::new(),
        false => format!(" ({})", errors.join("; ")),
    };
    // Even if others can be used: the unreadable one may be the one that is needed.
    let what = match (found, usable) {
        (0, _) => "this system has no certificate authorities to trust",
        (_, 0) => "none of this system's certificate authorities can be used",
        _ if errors.is_empty() => return None,
        _ => "some of this system's certificate authorities cannot be read",
    };
    Some(format!(
        "{what}{reason}: install the package `ca-certificates`, turn on the feature \
         `tls-webpki-roots` of `traced`, or name a file in OTEL_EXPORTER_OTLP_CERTIFICATE"
    ))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ExportError> {
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(unreadable(path, &"no certificate in it"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> ExportError {
    ExportError::Tls(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of the system's certificate authorities that can be used.
    fn of_system() -> usize {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(system.certs).0
    }

    #[cfg(feature = "tls-webpki-roots")]
    #[test]
    fn mozillas_roots_are_trusted_beside_the_systems() {
        let (roots, _) = roots(&Tls::default()).unwrap();
        let mozillas = webpki_roots::TLS_SERVER_ROOTS;
        assert!(mozillas.len() > 50, "{}", mozillas.len());
        for authority in mozillas {
            let subject = &authority.subject;
            let is_trusted = roots.roots.iter().any(|root| root.subject == *subject);
            assert!(is_trusted, "{subject:?}");
        }
        assert_eq!(roots.len(), of_system() + mozillas.len());
    }

    #[cfg(not(feature = "tls-webpki-roots"))]
    #[test]
    fn without_the_feature_the_systems_roots_alone_are_trusted() {
        let (roots, _) = roots(&Tls::default()).unwrap();
        assert_eq!(roots.len(), of_system());
    }
}
