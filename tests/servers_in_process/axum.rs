//! A router of axum under the layer.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use opentelemetry::trace::SpanKind;
use traced::testing::{Span, assert_tree, capture_async, traceparent};
use traced::traced;
use traced_servers_in_process::{
    attributes, ended, ended_alone, is_called_from_outside, line, raw, upgraded,
};

use crate::clients::serve_a_connection;
use crate::serving::serve;

#[traced]
async fn order(Path(id): Path<u16>) -> Result<String, StatusCode> {
    match StatusCode::from_u16(id) {
        Ok(status) if status.is_client_error() || status.is_server_error() => Err(status),
        _ => Ok(format!("order {id}")),
    }
}

async fn guard(request: Request, next: Next) -> Response {
    match request.headers().contains_key("x-stranger") {
        true => StatusCode::UNAUTHORIZED.into_response(),
        false => next.run(request).await,
    }
}

async fn panics() -> &'static str {
    panic!("no teapot")
}

fn routes() -> Router {
    let nested = Router::new()
        .route("/orders/{id}", get(order))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not in the shop") });
    Router::new()
        .route("/orders/{id}", get(order))
        .route("/orders", post(|body: String| async move { body }))
        .route("/panics", get(panics))
        .route("/any", any(|| async { "any" }))
        .route(
            "/ws",
            any(|upgrade: WebSocketUpgrade| async {
                upgrade.on_upgrade(|socket| async { drop(socket) })
            }),
        )
        .nest("/shop", nested)
        .layer(DefaultBodyLimit::max(8))
        .layer(middleware::from_fn(guard))
}

/// A router gets its state before its layer or after it.
#[traced::test]
#[tokio::test]
async fn the_route_is_known_on_either_side_of_the_state() {
    async fn name(State(name): State<&'static str>) -> &'static str {
        name
    }
    let router = || Router::new().route("/name/{of}", get(name));
    let before = router().layer(traced::tower::server()).with_state("teapot");
    let after = router().with_state("teapot").layer(traced::tower::server());
    for router in [before, after] {
        let ask = async {
            let server = serve(router).await;
            (raw(server, "GET /name/7", "").await, ended_alone().await)
        };
        let ((answer, span), _) = capture_async(ask).await;
        assert!(answer.ends_with("teapot"), "{answer}");
        assert_eq!(span.name(), "GET /name/{of}");
    }
}

async fn shop() -> SocketAddr {
    serve(routes().layer(traced::tower::server())).await
}

/// Sends a request, and returns the answer and the only span.
async fn one(request: &str, body: &str) -> (String, Span) {
    let server = shop().await;
    let ask = async { (raw(server, request, body).await, ended_alone().await) };
    capture_async(ask).await.0
}

#[traced::test]
#[tokio::test]
async fn a_request_is_a_server_span_by_the_conventions() {
    let server = shop().await;
    let head = "GET /orders/7?color=blue&sig=hush\r\nUser-Agent: teapot/1";
    let answer = raw(server, head, "").await;
    assert!(answer.ends_with("order 7"), "{answer}");
    let spans = ended(2).await;
    let span = spans.named("GET /orders/{id}");
    assert_eq!(span.kind(), &SpanKind::Server);
    assert!(is_called_from_outside(span));
    assert!(spans.named("order").is_child_of(span));
    let attributes = attributes(span);
    let (before, port) = attributes.split_once("network.peer.port=").unwrap();
    let (_, after) = port.split_once('\n').unwrap();
    assert_eq!(
        before.to_owned() + after,
        "client.address=127.0.0.1
http.request.method=GET
http.response.status_code=200
http.route=/orders/{id}
network.peer.address=127.0.0.1
network.protocol.version=1.1
server.address=shop.test
server.port=8080
url.path=/orders/7
url.query=color=blue&sig=REDACTED
url.scheme=http
user_agent.original=teapot/1"
    );
}

#[traced::test]
#[tokio::test]
async fn a_nested_route_is_named_from_its_root() {
    let server = shop().await;
    raw(server, "GET /shop/orders/7", "").await;
    let spans = ended(2).await;
    let span = spans.named("GET /shop/orders/{id}");
    assert_eq!(span.text("http.route"), "/shop/orders/{id}");
}

#[tokio::test]
async fn requests_that_reach_no_handler_have_a_span() {
    for (request, body, expected) in [
        ("GET /nowhere/7", "", "GET 404"),
        ("GET /shop/nowhere/7", "", "GET 404"),
        ("DELETE /orders/7", "", "DELETE /orders/{id} 405"),
        ("POST /orders", "far too long", "POST /orders 413"),
        ("GET /orders/x", "", "GET /orders/{id} 400"),
        ("GET /orders/7\r\nX-Stranger: 1", "", "GET /orders/{id} 401"),
    ] {
        let (_, span) = one(request, body).await;
        assert_eq!(line(&span), expected, "{request}");
        assert_eq!(span.kind(), &SpanKind::Server);
        let has_route = expected.contains("/orders");
        assert_eq!(
            span.attribute("http.route").is_some(),
            has_route,
            "{request}"
        );
        assert_eq!(span.attribute("error.type"), None, "{request}");
    }
}

#[tokio::test]
async fn only_5xx_fails_a_server() {
    for (status, expected) in [(404, "!error.type unset"), (503, "error.type=503 error")] {
        let ask = async {
            raw(shop().await, &format!("GET /orders/{status}"), "").await;
            ended(2).await
        };
        let (spans, _) = capture_async(ask).await;
        let span = format!("GET /orders/{{id}} [server] http.response.status_code={status}");
        assert_tree!(spans, &format!("{span} {expected}\n  order"));
        assert!(spans.named("GET /orders/{id}").events().is_empty());
    }
}

#[tokio::test]
async fn a_panic_of_a_handler_fails_the_span() {
    let (answer, span) = one("GET /panics", "").await;
    assert_eq!(answer, "");
    assert_eq!(line(&span), "GET /panics error");
    assert_eq!(span.text("error.type"), "panic");
    let event = &span.events()[0];
    assert_eq!(event.name, "exception");
    assert!(format!("{event:?}").contains("no teapot"), "{event:?}");
}

#[traced::test]
#[tokio::test]
async fn the_answer_to_head_has_no_body_and_is_not_cancelled() {
    let server = shop().await;
    raw(server, "HEAD /any", "").await;
    assert_eq!(line(&ended_alone().await), "HEAD /any 200");
}

#[tokio::test]
async fn an_unknown_method_is_not_in_the_name() {
    let (_, span) = one("BREW /any", "").await;
    assert_eq!(line(&span), "HTTP /any 200");
    assert_eq!(span.text("http.request.method"), "_OTHER");
    let original = span.text("http.request.method_original");
    assert_eq!(original, "BREW");
}

#[traced::test]
#[tokio::test]
async fn the_span_of_an_upgrade_ends_with_the_handshake() {
    let server = shop().await;
    let _connection = upgraded(server, "/ws").await;
    assert_eq!(line(&ended_alone().await), "GET /ws 101");
}

#[tokio::test]
async fn the_headers_of_proxies_name_the_client_and_the_server() {
    let (_, span) = one(
        "GET /any\r\nForwarded: for=\"[2001:db8::1]:99\";host=shop.example;proto=https",
        "",
    )
    .await;
    for (key, expected) in [
        ("client.address", "2001:db8::1"),
        ("network.peer.address", "127.0.0.1"),
        ("server.address", "shop.example"),
        ("server.port", "443"),
        ("url.scheme", "https"),
    ] {
        assert_eq!(span.text(key), expected, "{key}");
    }
}

#[tokio::test]
async fn hostile_headers_give_a_new_root_and_an_answer() {
    let long = "a".repeat(4000);
    for hostile in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "é",
        &long,
    ] {
        let head = format!(
            "GET /any\r\ntraceparent: {hostile}\r\ntracestate: {hostile}\r\nbaggage: {hostile}\r\n\
             Forwarded: for={hostile};;=\r\nX-Forwarded-For: {hostile}\r\nUser-Agent: {hostile}"
        );
        let ask = async {
            // The headers name no span of the test, so that the connection has to have its context.
            let server = serve_a_connection(routes().layer(traced::tower::server())).await;
            (raw(server, &head, "").await, ended_alone().await)
        };
        let ((answer, span), _) = capture_async(ask).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(line(&span), "GET /any 200");
        assert!(span.is_root());
    }
}

#[traced::test]
#[tokio::test]
async fn two_layers_make_one_span() {
    let router = routes().layer(traced::tower::server());
    // The outer layer is around the router, where the route is not known.
    let router = Router::new()
        .fallback_service(router)
        .layer(traced::tower::server());
    let server = serve(router).await;
    raw(server, "GET /orders/7", "").await;
    let spans = ended(2).await;
    assert_tree!(
        spans,
        "
        GET /orders/{id} [server] http.route=/orders/{id}
          order
        "
    );
}

#[traced::test]
#[tokio::test]
async fn a_skipped_path_has_no_span() {
    let layer = traced::tower::server().skip(["/any", "/orders/7"]);
    let server = serve(routes().layer(layer)).await;
    raw(server, "GET /any", "").await;
    raw(server, "GET /orders/8", "").await;
    assert_tree!(ended(2).await, "GET /orders/{id} [server]\n  order");
}

#[traced::test]
#[tokio::test]
async fn a_public_server_links_to_strangers() {
    let layer = traced::tower::server().public().redact(["voucher"]);
    let server = serve(routes().layer(layer)).await;
    raw(server, "GET /any?public=1&voucher=hush", "").await;
    let span = ended_alone().await;
    assert!(span.is_root());
    let [link] = span.links() else {
        panic!("{span:?}");
    };
    let (trace, id) = (link.span_context.trace_id(), link.span_context.span_id());
    assert_eq!(traceparent(), format!("00-{trace}-{id}-01"));
    assert_eq!(span.text("url.query"), "public=1&voucher=REDACTED");
}
