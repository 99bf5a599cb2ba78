//! A client that writes the bytes that a test wants, and the spans of a test after its servers have finished.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use traced::testing::{Span, Spans, spans, traceparent};

/// The spans of the current test. Waits until `count` have ended and none is open.
///
/// # Panics
///
/// If that does not happen within some seconds, if there are more, or if a span has an attribute twice.
pub async fn ended(count: usize) -> Spans {
    let found = spans().wait_for_async(count).await;
    let is_done = |spans: &Spans| spans.open_names().is_empty();
    let found = found.wait_for_async(is_done).await;
    assert_eq!(found.len(), count, "{}", found.tree());
    for span in found.iter() {
        let mut keys: Vec<_> = span.attributes().iter().map(|it| &it.key).collect();
        keys.sort();
        let is_twice = keys.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(is_twice, None, "{}", found.tree());
    }
    found
}

/// The only span of the current test.
///
/// # Panics
///
/// As [`ended`].
pub async fn ended_alone() -> Span {
    ended(1).await.find().one().clone()
}

/// Whether the parent of the span is the caller in another process whose `traceparent` [`open`] sends.
pub fn is_called_from_outside(span: &Span) -> bool {
    let caller = format!("00-{}-{}-01", span.trace_id(), span.parent_id());
    traceparent() == caller && span.data().parent_span_is_remote
}

/// All attributes of a span, a line each, in the order of their keys.
pub fn attributes(span: &Span) -> String {
    let attributes = span.attributes().iter();
    let mut lines: Vec<_> = attributes
        .map(|attribute| format!("{}={}", attribute.key, attribute.value))
        .collect();
    lines.sort();
    lines.join("\n")
}

/// The name of a span, its status code if there is one, and how it ended.
pub fn line(span: &Span) -> String {
    let mut line = span.name().to_owned();
    for key in ["http.response.status_code", "rpc.status_code"] {
        if let Some(status) = span.attribute(key) {
            line = format!("{line} {status}");
        }
    }
    if span.has_failed() {
        line += " error";
    }
    if span.attribute("traced.cancelled").is_some() {
        line += " cancelled";
    }
    line
}

/// An address on which nobody listens: connections to it are refused.
///
/// # Panics
///
/// If there is no free port.
pub async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap()
}

/// Sends a request, and returns all that the server answers until it closes the connection.
///
/// # Panics
///
/// As [`open`].
pub async fn raw(server: SocketAddr, head: &str, body: &str) -> String {
    let mut connection = open(server, head, body).await;
    let mut answer = Vec::new();
    // A reset ends the answer too.
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request, and returns the connection before the answer. The first line of `head` is the method with the
/// path, and the others are headers. Without a `traceparent` among them, the request has that of the current test.
///
/// # Panics
///
/// If the server does not listen, or outside of `#[traced::test]`.
pub async fn open(server: SocketAddr, head: &str, body: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server).await.unwrap();
    let (request, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let mut lines = vec![
        format!("{request} HTTP/1.1"),
        "Host: shop.test:8080".to_owned(),
        format!("Content-Length: {}", body.len()),
    ];
    if !headers.contains("Connection:") {
        lines.push("Connection: close".to_owned());
    }
    if !headers.contains("traceparent:") {
        lines.push(format!("traceparent: {}", traceparent()));
    }
    lines.extend(headers.split_terminator("\r\n").map(str::to_owned));
    let request = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// A connection that the server has upgraded to a websocket.
///
/// # Panics
///
/// As [`open`], and if the server does not upgrade it.
pub async fn upgraded(server: SocketAddr, path: &str) -> TcpStream {
    let head = format!(
        "GET {path}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    );
    let mut connection = open(server, &head, "").await;
    read_until(&mut connection, "101 Switching Protocols").await;
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

/// Compiles the example of the page.
#[cfg(doctest)]
#[doc = include_str!("../../docs/servers.md")]
struct Page;
