//! A server that gives every request the same answer and keeps the requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The answer of the server.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The HTTP status; 0 means 200.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers, over HTTP/2.
    pub trailers: Vec<(&'static str, &'static str)>,
}

/// A received request.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The request target: a path, or a whole URL where a client asks a proxy.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Scripted {
    /// Starts a server with that answer.
    pub fn start(script: Script) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = oneshot::channel::<()>();
        let router = router(script, Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = super::serve::accept_with(listener, router, None) => {}
                    _ = ended => {}
                }
            });
            runtime.shutdown_background();
        });
        Scripted {
            address,
            seen,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// The URL of the server.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn router(script: Script, seen: Arc<Mutex<Vec<Seen>>>) -> Router {
    let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
        seen.lock().unwrap().push(Seen { uri, headers, body });
        script.response()
    };
    Router::new()
        .fallback(answer)
        .layer(axum::extract::DefaultBodyLimit::disable())
}

impl Script {
    fn response(self) -> Response<Body> {
        let body = Full::new(Bytes::from(self.body));
        let body = match self.trailers.is_empty() {
            true => Body::new(body),
            false => {
                let trailers = headers(&self.trailers);
                Body::new(body.with_trailers(async { Some(Ok(trailers)) }))
            }
        };
        let mut response = Response::new(body);
        let status = if self.status == 0 { 200 } else { self.status };
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        *response.headers_mut() = headers(&self.headers);
        response
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}
