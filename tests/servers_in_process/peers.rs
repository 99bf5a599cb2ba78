//! Why the layer is ours: what `opentelemetry-instrumentation-tower` does in the same cases. If a test here
//! fails after an update, that crate has learned it, and `docs/servers.md` is to be changed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use opentelemetry_instrumentation_tower::http::server;
use traced_servers_in_process::{Trace, open, raw};

use crate::axum::serve;

async fn chunks() -> Body {
    let numbers = [0, 1];
    let stream = futures_util::stream::unfold(numbers.into_iter(), |mut numbers| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let number = numbers.next()?;
        Some((Ok::<_, Infallible>(format!("chunk {number}")), numbers))
    });
    Body::from_stream(stream)
}

async fn panics() -> &'static str {
    panic!("no teapot")
}

async fn shop() -> SocketAddr {
    // Its layer keeps the tracer of the provider that there is when it is made.
    let _ = Trace::new();
    let routes = Router::new()
        .route("/chunks", get(chunks))
        .route("/any", any(|| async { "any" }))
        .route("/panics", get(panics))
        .route("/never", get(std::future::pending::<()>));
    serve(routes.layer(server::Layer::new())).await
}

#[tokio::test]
async fn a_method_that_nobody_knows_is_in_the_name() {
    let (server, trace) = (shop().await, Trace::new());
    raw(server, &format!("BREW /any\r\n{}", trace.header()), "").await;
    let span = trace.span().await;
    assert_eq!(span.line(), "BREW /any 200");
    assert_eq!(span.text("http.request.method").as_deref(), Some("BREW"));
}

#[tokio::test]
async fn the_span_ends_before_its_body() {
    let (server, trace) = (shop().await, Trace::new());
    let connection = open(server, &format!("GET /chunks\r\n{}", trace.header()), "").await;
    tokio::time::sleep(Duration::from_millis(25)).await;
    assert_eq!(trace.ended(), 1);
    drop(connection);
}

#[tokio::test]
async fn neither_a_panic_nor_a_client_that_left_is_seen() {
    for path in ["/panics", "/never"] {
        let (server, trace) = (shop().await, Trace::new());
        let head = format!("GET {path}\r\n{}", trace.header());
        let connection = open(server, &head, "").await;
        tokio::time::sleep(Duration::from_millis(25)).await;
        drop(connection);
        let span = trace.span().await;
        assert_eq!(span.line(), format!("GET {path}"));
        assert!(span.0.events.is_empty());
    }
}

#[tokio::test]
async fn where_the_request_came_from_and_by_what_is_not_said() {
    let (server, trace) = (shop().await, Trace::new());
    raw(server, &format!("GET /any\r\n{}", trace.header()), "").await;
    let span = trace.span().await;
    for key in [
        "server.address",
        "client.address",
        "network.protocol.version",
    ] {
        assert_eq!(span.text(key), None, "{key}");
    }
}
