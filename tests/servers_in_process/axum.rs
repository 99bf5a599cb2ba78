//! A router of axum under the layer.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use opentelemetry::trace::SpanKind;
use tokio::net::TcpListener;
use traced::traced;
use traced_servers_in_process::{CALLER, Seen, Trace, named, open, raw, read_until, spans};

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

pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn shop() -> SocketAddr {
    serve(routes().layer(traced::tower::server())).await
}

async fn one(request: &str, body: &str) -> (String, Seen) {
    let (server, trace) = (shop().await, Trace::new());
    let answer = raw(server, &format!("{request}\r\n{}", trace.header()), body).await;
    (answer, trace.span().await)
}

#[tokio::test]
async fn a_request_is_a_server_span_by_the_conventions() {
    let (server, trace) = (shop().await, Trace::new());
    let head = format!(
        "GET /orders/7?color=blue&sig=hush\r\nUser-Agent: teapot/1\r\n{}",
        trace.header()
    );
    let answer = raw(server, &head, "").await;
    assert!(answer.ends_with("order 7"), "{answer}");
    let spans = trace.spans(2).await;
    let span = named(&spans, "GET /orders/{id}");
    assert!(span.is(SpanKind::Server));
    assert!(span.0.parent_span_is_remote);
    assert_eq!(span.0.parent_span_id.to_string(), CALLER);
    assert!(named(&spans, "order").is_child_of(span));
    let attributes = span.attributes();
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

#[tokio::test]
async fn a_nested_route_is_named_from_its_root() {
    let (server, trace) = (shop().await, Trace::new());
    let head = format!("GET /shop/orders/7\r\n{}", trace.header());
    raw(server, &head, "").await;
    let spans = trace.spans(2).await;
    let span = named(&spans, "GET /shop/orders/{id}");
    assert_eq!(
        span.text("http.route").as_deref(),
        Some("/shop/orders/{id}")
    );
}

#[tokio::test]
async fn what_no_handler_sees_has_a_span() {
    for (request, body, line) in [
        ("GET /nowhere/7", "", "GET 404"),
        ("GET /shop/nowhere/7", "", "GET 404"),
        ("DELETE /orders/7", "", "DELETE /orders/{id} 405"),
        ("POST /orders", "far too long", "POST /orders 413"),
        ("GET /orders/x", "", "GET /orders/{id} 400"),
        ("GET /orders/7\r\nX-Stranger: 1", "", "GET /orders/{id} 401"),
    ] {
        let (_, span) = one(request, body).await;
        assert_eq!(span.line(), line, "{request}");
        assert!(span.is(SpanKind::Server));
        let has_route = line.contains('{') || line.contains("/orders");
        assert_eq!(span.text("http.route").is_some(), has_route, "{request}");
        assert_eq!(span.text("error.type"), None, "{request}");
    }
}

#[tokio::test]
async fn only_5xx_fails_a_server() {
    for (status, line) in [
        (404, "GET /orders/{id} 404"),
        (503, "GET /orders/{id} 503 error"),
    ] {
        let (server, trace) = (shop().await, Trace::new());
        let head = format!("GET /orders/{status}\r\n{}", trace.header());
        raw(server, &head, "").await;
        let spans = trace.spans(2).await;
        let span = named(&spans, "GET /orders/{id}");
        assert_eq!(span.line(), line);
        let failed = status >= 500;
        assert_eq!(span.text("error.type"), failed.then(|| status.to_string()));
        assert!(span.0.events.is_empty());
    }
}

#[tokio::test]
async fn a_panic_of_a_handler_fails_the_span() {
    let (answer, span) = one("GET /panics", "").await;
    assert_eq!(answer, "");
    assert_eq!(span.line(), "GET /panics error");
    assert_eq!(span.text("error.type").as_deref(), Some("panic"));
    let event = &span.0.events[0];
    assert_eq!(event.name, "exception");
    assert!(format!("{event:?}").contains("no teapot"), "{event:?}");
}

#[tokio::test]
async fn the_answer_to_head_has_no_body_and_is_not_cancelled() {
    let (server, trace) = (shop().await, Trace::new());
    raw(server, &format!("HEAD /any\r\n{}", trace.header()), "").await;
    assert_eq!(trace.span().await.line(), "HEAD /any 200");
}

#[tokio::test]
async fn a_method_that_nobody_knows_makes_no_name() {
    let (_, span) = one("BREW /any", "").await;
    assert_eq!(span.line(), "HTTP /any 200");
    assert_eq!(span.text("http.request.method").as_deref(), Some("_OTHER"));
    let original = span.text("http.request.method_original");
    assert_eq!(original.as_deref(), Some("BREW"));
}

#[tokio::test]
async fn the_span_of_an_upgrade_ends_with_the_handshake() {
    let (server, trace) = (shop().await, Trace::new());
    let head = format!(
        "GET /ws\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}",
        trace.header()
    );
    let mut connection = open(server, &head, "").await;
    read_until(&mut connection, "101 Switching Protocols").await;
    assert_eq!(trace.span().await.line(), "GET /ws 101");
}

#[tokio::test]
async fn proxies_say_who_asked_and_for_what() {
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
        assert_eq!(span.text(key).as_deref(), Some(expected), "{key}");
    }
}

#[tokio::test]
async fn hostile_headers_give_a_new_root_and_an_answer() {
    let server = shop().await;
    let long = "a".repeat(4000);
    for (number, hostile) in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "é",
        &long,
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/any?hostile={number}");
        let head = format!(
            "GET {path}\r\ntraceparent: {hostile}\r\ntracestate: {hostile}\r\nbaggage: {hostile}\r\n\
             Forwarded: for={hostile};;=\r\nX-Forwarded-For: {hostile}\r\nUser-Agent: {hostile}"
        );
        let answer = raw(server, &format!("{head}\r\n"), "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let query = format!("hostile={number}");
        let is_it = |span: &opentelemetry_sdk::trace::SpanData| {
            let mut attributes = span.attributes.iter();
            attributes.any(|it| it.key.as_str() == "url.query" && it.value.as_str() == query)
        };
        let found = spans(1, is_it).await;
        assert_eq!(found.len(), 1);
        let span = &found[0];
        assert_eq!(span.line(), "GET /any 200");
        assert_eq!(span.0.parent_span_id, opentelemetry::trace::SpanId::INVALID);
    }
}

#[tokio::test]
async fn two_layers_make_one_span() {
    let router = routes().layer(traced::tower::server());
    // Outside of the router nobody knows the route.
    let router = Router::new()
        .fallback_service(router)
        .layer(traced::tower::server());
    let (server, trace) = (serve(router).await, Trace::new());
    raw(server, &format!("GET /orders/7\r\n{}", trace.header()), "").await;
    let spans = trace.spans(2).await;
    let span = named(&spans, "GET /orders/{id}");
    assert_eq!(span.text("http.route").as_deref(), Some("/orders/{id}"));
    assert!(named(&spans, "order").is_child_of(span));
}

#[tokio::test]
async fn what_is_skipped_has_no_span_and_keeps_its_children() {
    let layer = traced::tower::server().skip(["/any", "/orders/7"]);
    let (server, trace) = (serve(routes().layer(layer)).await, Trace::new());
    raw(server, &format!("GET /any\r\n{}", trace.header()), "").await;
    raw(server, &format!("GET /orders/8\r\n{}", trace.header()), "").await;
    let spans = trace.spans(2).await;
    assert!(named(&spans, "order").is_child_of(named(&spans, "GET /orders/{id}")));
}

#[tokio::test]
async fn a_public_server_links_to_strangers() {
    let layer = traced::tower::server().public().redact(["voucher"]);
    let (server, trace) = (serve(routes().layer(layer)).await, Trace::new());
    let head = format!("GET /any?public=1&voucher=hush\r\n{}", trace.header());
    raw(server, &head, "").await;
    let found = spans(1, |span| {
        let linked = span.links.iter().any(|link| {
            let span = &link.span_context;
            trace.parent().contains(&span.trace_id().to_string())
        });
        linked && span.parent_span_id == opentelemetry::trace::SpanId::INVALID
    })
    .await;
    assert_eq!(found.len(), 1);
    let query = found[0].text("url.query");
    assert_eq!(query.as_deref(), Some("public=1&voucher=REDACTED"));
    assert_eq!(trace.ended(), 0);
}
