//! The span of a response goes on to the end of its body.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use traced::traced;
use traced_servers_in_process::{Trace, named, open, raw, read_until};

use crate::axum::serve;

#[traced]
fn chunk(number: u8) -> Bytes {
    Bytes::from(format!("chunk {number}\n"))
}

/// Three chunks, the last of them late.
async fn whole() -> Body {
    Body::from_stream(futures_util::stream::iter(0..3).then(|number| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(chunk(number))
    }))
}

/// One chunk, and then nothing for good.
async fn endless() -> Body {
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Ok::<_, Infallible>(chunk(0))).await.unwrap();
    // Keeps the stream open until its reader is gone.
    tokio::spawn(async move { sender.closed().await });
    Body::from_stream(ReceiverStream::new(receiver))
}

/// A stream whose length is known: nobody polls it once the client has its last byte.
async fn counted() -> ([(&'static str, &'static str); 1], Body) {
    let chunks = futures_util::stream::iter([Ok::<_, Infallible>(chunk(0))]);
    ([("content-length", "8")], Body::from_stream(chunks))
}

async fn broken() -> Body {
    let chunks = [Ok(chunk(0)), Err(io::Error::other("the kettle broke"))];
    Body::from_stream(futures_util::stream::iter(chunks))
}

async fn events() -> Sse<impl futures_util::Stream<Item = Result<Event, Infallible>>> {
    let numbers = futures_util::stream::iter(0..2);
    Sse::new(numbers.map(|number| Ok(Event::default().data(chunk(number).len().to_string()))))
}

async fn bodies() -> SocketAddr {
    let routes = Router::new()
        .route("/whole", get(whole))
        .route("/endless", get(endless))
        .route("/broken", get(broken))
        .route("/counted", get(counted))
        .route("/events", get(events))
        .route("/never", get(std::future::pending::<()>));
    serve(routes.layer(traced::tower::server())).await
}

#[tokio::test]
async fn a_stream_is_in_the_span_to_its_end() {
    let (server, trace) = (bodies().await, Trace::new());
    let answer = raw(server, &format!("GET /whole\r\n{}", trace.header()), "").await;
    assert!(answer.contains("chunk 2"), "{answer}");
    let spans = trace.spans(4).await;
    let span = named(&spans, "GET /whole");
    assert_eq!(span.line(), "GET /whole 200");
    let chunks: Vec<_> = spans.iter().filter(|it| it.0.name == "chunk").collect();
    assert_eq!(chunks.len(), 3);
    for chunk in chunks {
        assert!(chunk.is_child_of(span));
        assert!(chunk.0.end_time <= span.0.end_time);
    }
}

#[tokio::test]
async fn a_stream_of_a_known_length_ends_its_span_with_its_last_byte() {
    let (server, trace) = (bodies().await, Trace::new());
    raw(server, &format!("GET /counted\r\n{}", trace.header()), "").await;
    let spans = trace.spans(2).await;
    assert_eq!(named(&spans, "GET /counted").line(), "GET /counted 200");
}

#[tokio::test]
async fn server_sent_events_are_in_the_span_to_their_end() {
    let (server, trace) = (bodies().await, Trace::new());
    raw(server, &format!("GET /events\r\n{}", trace.header()), "").await;
    let spans = trace.spans(3).await;
    let span = named(&spans, "GET /events");
    assert_eq!(span.line(), "GET /events 200");
    assert!(spans.iter().filter(|it| it.is_child_of(span)).count() == 2);
}

#[tokio::test]
async fn a_client_that_leaves_while_it_reads_cancels() {
    let (server, trace) = (bodies().await, Trace::new());
    let head = format!("GET /endless\r\n{}", trace.header());
    let mut connection = open(server, &head, "").await;
    read_until(&mut connection, "chunk 0").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    // The handler has long returned, and the span goes on; its chunk has ended.
    assert_eq!(trace.ended(), 1);
    drop(connection);
    let spans = trace.spans(2).await;
    assert_eq!(
        named(&spans, "GET /endless").line(),
        "GET /endless 200 cancelled"
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_there_is_an_answer_cancels() {
    let (server, trace) = (bodies().await, Trace::new());
    let connection = open(server, &format!("GET /never\r\n{}", trace.header()), "").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(connection);
    assert_eq!(trace.span().await.line(), "GET /never cancelled");
}

#[tokio::test]
async fn a_client_that_leaves_fails_the_span_on_request() {
    let routes = Router::new().route("/endless", get(endless));
    let layer = traced::tower::server().fail_cancelled();
    let (server, trace) = (serve(routes.layer(layer)).await, Trace::new());
    let head = format!("GET /endless\r\n{}", trace.header());
    let mut connection = open(server, &head, "").await;
    read_until(&mut connection, "chunk 0").await;
    drop(connection);
    let spans = trace.spans(2).await;
    let span = named(&spans, "GET /endless");
    assert_eq!(span.line(), "GET /endless 200 error cancelled");
    assert_eq!(span.text("error.type").as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn a_body_that_breaks_fails_the_span() {
    let (server, trace) = (bodies().await, Trace::new());
    raw(server, &format!("GET /broken\r\n{}", trace.header()), "").await;
    let spans = trace.spans(2).await;
    let span = named(&spans, "GET /broken");
    assert_eq!(span.line(), "GET /broken 200 error");
    assert!(format!("{:?}", span.0.events).contains("the kettle broke"));
}
