//! A client that writes whatever bytes a test wants, and the spans of one trace.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status, TraceId};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The span that the callers of the tests are in.
pub const CALLER: &str = "00f067aa0ba902b7";

fn exporter() -> &'static InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        traced::set_tracer_provider(provider.clone());
        opentelemetry::global::set_tracer_provider(provider);
        traced::propagation::use_w3c();
        exporter
    })
}

/// The trace of one test, which its requests name in their headers.
#[derive(Clone, Copy, Debug)]
pub struct Trace(TraceId);

impl Trace {
    /// A trace that no other test is in.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        exporter();
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Trace(TraceId::from(u128::from(next) << 64 | 7))
    }

    /// The value of the header.
    pub fn parent(self) -> String {
        format!("00-{}-{CALLER}-01", self.0)
    }

    /// The header as a line.
    pub fn header(self) -> String {
        format!("traceparent: {}\r\n", self.parent())
    }

    /// The spans that have ended, once there are as many.
    ///
    /// # Panics
    ///
    /// If there are others within some seconds.
    pub async fn spans(self, count: usize) -> Vec<Seen> {
        let found = spans(count, |span| span.span_context.trace_id() == self.0).await;
        assert_eq!(found.len(), count, "{found:#?}");
        found
    }

    /// The only span of the trace.
    pub async fn span(self) -> Seen {
        self.spans(1).await.remove(0)
    }

    /// The spans that have ended by now.
    pub fn ended(self) -> usize {
        ended(|span| span.span_context.trace_id() == self.0).len()
    }
}

impl Default for Trace {
    fn default() -> Self {
        Trace::new()
    }
}

/// The spans that have ended and are like this, once there are as many.
pub async fn spans(count: usize, is_it: impl Fn(&SpanData) -> bool) -> Vec<Seen> {
    for _ in 0..600 {
        if ended(&is_it).len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // For one too many.
    tokio::time::sleep(Duration::from_millis(10)).await;
    ended(&is_it)
}

fn ended(is_it: impl Fn(&SpanData) -> bool) -> Vec<Seen> {
    let finished = exporter().get_finished_spans().unwrap();
    finished.into_iter().filter(is_it).map(Seen).collect()
}

/// A span that has ended.
#[derive(Clone, Debug)]
pub struct Seen(pub SpanData);

impl Seen {
    /// The value of an attribute; it must not be there twice.
    pub fn value(&self, key: &str) -> Option<Value> {
        let with_key = |attribute: &&opentelemetry::KeyValue| attribute.key.as_str() == key;
        let mut found = self.0.attributes.iter().filter(with_key);
        let value = found.next().map(|attribute| attribute.value.clone());
        assert!(found.next().is_none(), "{key} is there twice: {:?}", self.0);
        value
    }

    /// The same as text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.value(key).map(|value| value.to_string())
    }

    /// All attributes, a line each, in the order of their keys.
    pub fn attributes(&self) -> String {
        let attributes = self.0.attributes.iter();
        let mut lines: Vec<_> = attributes
            .map(|attribute| format!("{}={}", attribute.key, attribute.value))
            .collect();
        lines.sort();
        lines.join("\n")
    }

    /// The name, the status code if there is one, and how it ended.
    pub fn line(&self) -> String {
        let mut line = self.0.name.to_string();
        for key in ["http.response.status_code", "rpc.status_code"] {
            if let Some(status) = self.text(key) {
                line = format!("{line} {status}");
            }
        }
        if matches!(self.0.status, Status::Error { .. }) {
            line += " error";
        }
        if self.text("traced.cancelled").is_some() {
            line += " cancelled";
        }
        line
    }

    /// Whether it is of this kind.
    pub fn is(&self, kind: SpanKind) -> bool {
        self.0.span_kind == kind
    }

    /// Whether it is a child of that one.
    pub fn is_child_of(&self, parent: &Seen) -> bool {
        self.0.parent_span_id == parent.0.span_context.span_id()
    }
}

/// The span with this name.
///
/// # Panics
///
/// If there is none, or several.
#[track_caller]
pub fn named<'s>(spans: &'s [Seen], name: &str) -> &'s Seen {
    let found: Vec<_> = spans.iter().filter(|span| span.0.name == name).collect();
    match found[..] {
        [span] => span,
        _ => panic!("{} spans named {name:?}: {spans:#?}", found.len()),
    }
}

/// Sends a request and gives what the server answers, until it closes the connection.
pub async fn raw(server: SocketAddr, head: &str, body: &str) -> String {
    let mut connection = open(server, head, body).await;
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request, and leaves the rest to the test.
pub async fn open(server: SocketAddr, head: &str, body: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server).await.unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let close = if headers.contains("Connection:") {
        ""
    } else {
        "Connection: close\r\n"
    };
    let request = format!(
        "{line} HTTP/1.1\r\nHost: shop.test:8080\r\n{close}Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// Reads until the answer has this text in it.
///
/// # Panics
///
/// If the server closes the connection before.
pub async fn read_until(connection: &mut TcpStream, text: &str) {
    let mut answer = String::new();
    let mut chunk = [0; 1024];
    while !answer.contains(text) {
        let length = connection.read(&mut chunk).await.unwrap();
        assert_ne!(length, 0, "no {text:?} in {answer:?}");
        answer += &String::from_utf8_lossy(&chunk[..length]);
    }
}

/// The example of the page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/servers.md")]
struct Page;
