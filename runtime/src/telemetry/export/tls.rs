//! TLS for `https` endpoints: rustls, with the files that the settings name.
//!
//! Specification: OpenTelemetry Protocol Exporter, "Certificate File", "Client key file" and "Client
//! certificate file".

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::ExportError;
use crate::telemetry::settings::Tls;

/// What a connection trusts, and who it says it is.
pub(super) fn config(files: &Tls) -> Result<ClientConfig, ExportError> {
    // The provider is ours: one for the whole process is the application's to choose.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ExportError::Tls(error.to_string()))?
        .with_root_certificates(roots(files)?);
    match (&files.client_certificate, &files.client_key) {
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
    }
}

/// Those of the system, unless a file names others.
fn roots(files: &Tls) -> Result<RootCertStore, ExportError> {
    let mut roots = RootCertStore::empty();
    match &files.certificate {
        Some(path) => {
            for certificate in certificates(path)? {
                let added = roots.add(certificate);
                added.map_err(|error| unreadable(path, &error))?;
            }
        }
        // One that cannot be parsed is not trusted; a system has such ones.
        None => {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
        }
    }
    Ok(roots)
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
