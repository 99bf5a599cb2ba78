//! What `opentelemetry-instrumentation-tower` does in the cases for which we wrote our own layer. If a test fails after
//! an update, that crate has improved, and `docs/servers.md` has to follow.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use futures_util::StreamExt as _;
use opentelemetry_instrumentation_tower::http::server;
use traced::testing::{Spans, capture_async, spans};
use traced_servers_in_process::{ended_alone, line, open, raw};

use crate::serving::serve;

/// One chunk, and then no other chunk and no end.
async fn endless() -> Body {
    let first = futures_util::stream::iter([Ok::<_, Infallible>("chunk 0")]);
    Body::from_stream(first.chain(futures_util::stream::pending()))
}

async fn panics() -> &'static str {
    panic!("no teapot")
}

async fn shop() -> SocketAddr {
    let routes = Router::new()
        .route("/endless", get(endless))
        .route("/any", any(|| async { "any" }))
        .route("/panics", get(panics))
        .route("/never", get(std::future::pending::<()>));
    serve(routes.layer(server::Layer::new())).await
}

#[traced::test]
#[tokio::test]
async fn an_unknown_method_is_in_the_name() {
    let server = shop().await;
    raw(server, "BREW /any", "").await;
    let span = ended_alone().await;
    assert_eq!(line(&span), "BREW /any 200");
    assert_eq!(span.text("http.request.method"), "BREW");
}

#[traced::test]
#[tokio::test]
async fn the_span_ends_before_its_body() {
    let server = shop().await;
    let _connection = open(server, "GET /endless", "").await;
    assert_eq!(line(&ended_alone().await), "GET /endless 200");
}

#[tokio::test]
async fn panics_and_clients_that_leave_are_not_recorded() {
    for path in ["/panics", "/never"] {
        let ask = async {
            // The layer is made in here, because it keeps the tracer of the provider that is installed at that time.
            let connection = open(shop().await, &format!("GET {path}"), "").await;
            let has_begun = |spans: &Spans| spans.len() + spans.open_names().len() > 0;
            spans().wait_for_async(has_begun).await;
            drop(connection);
            ended_alone().await
        };
        let (span, _) = capture_async(ask).await;
        assert_eq!(line(&span), format!("GET {path}"));
        assert!(span.events().is_empty());
    }
}

#[traced::test]
#[tokio::test]
async fn addresses_and_the_protocol_are_not_recorded() {
    let server = shop().await;
    raw(server, "GET /any", "").await;
    let span = ended_alone().await;
    for key in [
        "server.address",
        "client.address",
        "network.protocol.version",
    ] {
        assert_eq!(span.attribute(key), None, "{key}");
    }
}
