//! The server: a thread with a runtime, a port, and TLS on request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;

use super::{Fault, Seen, State, grpc, http, records};

/// A collector that runs until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) is_tls: bool,
    pub(crate) state: State,
    kill: UnboundedSender<()>,
    thread: Option<JoinHandle<()>>,
}

/// The certificate of an `https` collector and the authority of its clients, in PEM.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its certificate.
    pub certificate: String,
    /// The private key of the certificate.
    pub key: String,
    /// The authority that has to have signed a client's certificate; `None` accepts every client.
    pub client_authority: Option<String>,
}

impl Receiver {
    /// Starts a collector with that fault.
    pub fn start(fault: Fault) -> Self {
        Receiver::serve(fault, 0, None)
    }

    /// Starts a healthy collector on the port of one that was dropped.
    pub fn start_at(port: u16) -> Self {
        Receiver::serve(Fault::Healthy, port, None)
    }

    /// Starts a healthy collector behind TLS.
    pub fn start_tls(identity: &Identity) -> Self {
        Receiver::serve(Fault::Healthy, 0, Some(acceptor(identity)))
    }

    fn serve(fault: Fault, port: u16, tls: Option<TlsAcceptor>) -> Self {
        let (kill, mut killed) = unbounded_channel();
        let state = State {
            fault,
            seen: Arc::new(Mutex::new(Seen::default())),
            kill: kill.clone(),
        };
        let is_tls = tls.is_some();
        let mut receiver = Receiver {
            // A port on which nobody listens.
            address: ([127, 0, 0, 1], 1).into(),
            is_tls,
            state: state.clone(),
            kill,
            thread: None,
        };
        if fault == Fault::Refused {
            return receiver;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", port)))
            .unwrap();
        receiver.address = listener.local_addr().unwrap();
        receiver.thread = Some(std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, state, tls) => {}
                    _ = killed.recv() => {}
                }
            });
            // Ends all connections too.
            runtime.shutdown_background();
        }));
        receiver
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.kill.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, state: State, tls: Option<TlsAcceptor>) {
    let grpc = tonic::service::Routes::new(grpc::service(state.clone()))
        .add_service(records::service(state.clone()));
    let router = grpc
        .into_axum_router()
        .merge(http::routes(state.clone()))
        .merge(records::routes(state));
    accept_with(listener, router, tls).await;
}

pub(crate) async fn accept_with(listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((connection, _)) = listener.accept().await else {
            return;
        };
        let (router, tls) = (router.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => connected(TokioIo::new(connection), router).await,
                Some(tls) => {
                    if let Ok(connection) = tls.accept(connection).await {
                        connected(TokioIo::new(connection), router).await;
                    }
                }
            }
        });
    }
}

/// Serves HTTP/1.1 or HTTP/2, as the client begins.
async fn connected<I>(connection: TokioIo<I>, router: Router)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let server = auto::Builder::new(TokioExecutor::new());
    let _ = server.serve_connection(connection, service).await;
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let provider = Arc::new(ring::default_provider());
    let certificates = |pem: &str| -> Vec<CertificateDer<'static>> {
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
        certificates.collect::<Result<_, _>>().unwrap()
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match &identity.client_authority {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = tokio_rustls::rustls::RootCertStore::empty();
            for certificate in certificates(authority) {
                roots.add(certificate).unwrap();
            }
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let chain = certificates(&identity.certificate);
    let mut config = builder.with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
