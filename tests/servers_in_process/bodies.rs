//! The span of a request ends with the body of its response.

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
use traced::testing::{Spans, assert_tree, spans};
use traced::traced;
use traced_servers_in_process::{ended, ended_alone, line, open, raw, read_until};

use crate::serving::serve;

#[traced]
fn chunk(number: u8) -> Bytes {
    Bytes::from(format!("chunk {number}\n"))
}

/// Three chunks, each after a pause.
async fn whole() -> Body {
    Body::from_stream(futures_util::stream::iter(0..3).then(|number| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(chunk(number))
    }))
}

/// One chunk, and then no other chunk and no end.
async fn endless() -> Body {
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Ok::<_, Infallible>(chunk(0))).await.unwrap();
    // Keeps the stream open until its reader is dropped.
    tokio::spawn(async move { sender.closed().await });
    Body::from_stream(ReceiverStream::new(receiver))
}

/// A stream of a known length: the server does not poll it after its last byte.
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

#[traced::test]
#[tokio::test]
async fn a_stream_is_in_the_span_to_its_end() {
    let server = bodies().await;
    let answer = raw(server, "GET /whole", "").await;
    assert!(answer.contains("chunk 2"), "{answer}");
    let all = ended(4).await;
    let span = all.named("GET /whole");
    assert_eq!(line(span), "GET /whole 200");
    let chunks: [_; 3] = all.find().name("chunk").child_of(span).exactly();
    for chunk in chunks {
        assert!(chunk.data().end_time <= span.data().end_time);
    }
}

#[traced::test]
#[tokio::test]
async fn a_stream_of_a_known_length_ends_its_span_with_its_last_byte() {
    let server = bodies().await;
    raw(server, "GET /counted", "").await;
    let all = ended(2).await;
    assert_eq!(line(all.named("GET /counted")), "GET /counted 200");
}

#[traced::test]
#[tokio::test]
async fn server_sent_events_are_in_the_span_to_their_end() {
    let server = bodies().await;
    raw(server, "GET /events", "").await;
    assert_tree!(
        ended(3).await,
        "
        GET /events [server] http.response.status_code=200 unset !traced.cancelled
          chunk
          chunk
        "
    );
}

#[traced::test]
#[tokio::test]
async fn a_client_that_leaves_while_it_reads_cancels() {
    let server = bodies().await;
    let mut connection = open(server, "GET /endless", "").await;
    read_until(&mut connection, "chunk 0").await;
    // The handler has returned and the span of its chunk has ended, but the span of the request goes on.
    let so_far = spans();
    assert_eq!((so_far.len(), so_far.open_names().len()), (1, 1));
    drop(connection);
    let all = ended(2).await;
    assert_eq!(
        line(all.named("GET /endless")),
        "GET /endless 200 cancelled"
    );
}

#[traced::test]
#[tokio::test]
async fn a_client_that_leaves_before_there_is_an_answer_cancels() {
    let server = bodies().await;
    let connection = open(server, "GET /never", "").await;
    let has_begun = |spans: &Spans| !spans.open_names().is_empty();
    spans().wait_for_async(has_begun).await;
    drop(connection);
    assert_eq!(line(&ended_alone().await), "GET /never cancelled");
}

#[traced::test]
#[tokio::test]
async fn a_client_that_leaves_fails_the_span_on_request() {
    let routes = Router::new().route("/endless", get(endless));
    let layer = traced::tower::server().fail_cancelled();
    let server = serve(routes.layer(layer)).await;
    let mut connection = open(server, "GET /endless", "").await;
    read_until(&mut connection, "chunk 0").await;
    drop(connection);
    let all = ended(2).await;
    let span = all.named("GET /endless");
    assert_eq!(line(span), "GET /endless 200 error cancelled");
    assert_eq!(span.text("error.type"), "cancelled");
}

#[traced::test]
#[tokio::test]
async fn a_body_that_breaks_fails_the_span() {
    let server = bodies().await;
    raw(server, "GET /broken", "").await;
    let all = ended(2).await;
    let span = all.named("GET /broken");
    assert_eq!(line(span), "GET /broken 200 error");
    assert!(format!("{:?}", span.events()).contains("the kettle broke"));
}
