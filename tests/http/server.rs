//! Handlers of axum: annotated, and below a layer that starts the server span.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::SpanKind;
use opentelemetry_instrumentation_tower::http::server;
use reqwest::Client;
use traced::http_client::RequestExt as _;
use traced::testing::{Capture, Spans, assert_tree};
use traced::traced;

use crate::serving::serve;
use crate::support::in_trace;

#[traced(
    name = "GET /orders/{id}",
    kind = "server",
    extract = headers,
    attributes(http.request.method = "GET", http.route = "/orders/{id}"),
    on_ok(|answer| http.response.status_code = answer.0.as_u16()),
)]
async fn order(Path(id): Path<u16>, headers: HeaderMap) -> (StatusCode, String) {
    tokio::task::yield_now().await;
    drop(headers);
    let context = opentelemetry::Context::current();
    let tenant = context
        .baggage()
        .get("tenant")
        .map(|tenant| tenant.to_string());
    (
        StatusCode::from_u16(id).unwrap(),
        tenant.unwrap_or_default(),
    )
}

#[traced(name = "POST /orders", kind = "server", extract = request)]
async fn place(request: Request) -> Result<Response, StatusCode> {
    stock().await;
    match request.uri().query() {
        None => Ok("placed".into_response()),
        Some("lost") => Ok(StatusCode::BAD_GATEWAY.into_response()),
        Some("refused") => Err(StatusCode::CONFLICT),
        Some(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[traced]
async fn stock() {}

async fn annotated() -> String {
    let routes = Router::new()
        .route("/orders/{id}", get(order))
        .route("/orders", post(place));
    format!("http://{}", serve(routes).await)
}

#[traced(baggage(tenant = "acme"))]
async fn caller(url: String) -> String {
    let answer = Client::new().get(url).traced().send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn an_annotation_is_enough_for_one_trace_with_its_baggage() {
    let url = annotated().await;
    let (text, trace) = in_trace(3, caller(format!("{url}/orders/200"))).await;
    assert_eq!(text, "acme");
    let (server, client) = (trace.named("GET /orders/{id}"), trace.named("GET"));
    assert!(client.is_child_of(trace.named("caller")));
    assert!(server.is_child_of(client));
    assert!(server.data().parent_span_is_remote);
    assert_eq!(server.kind(), &SpanKind::Server);
    assert_eq!(
        server.attribute("http.response.status_code"),
        Some(200.into())
    );
}

#[tokio::test]
async fn what_is_not_found_fails_the_client_alone() {
    let url = annotated().await;
    for (status, fails_server) in [(404, false), (503, true)] {
        let (_, trace) = in_trace(3, caller(format!("{url}/orders/{status}"))).await;
        let (server, client) = (trace.named("GET /orders/{id}"), trace.named("GET"));
        assert_eq!(
            (server.has_failed(), client.has_failed()),
            (fails_server, true)
        );
        let expected = fails_server.then(|| status.to_string().into());
        assert_eq!(server.attribute("error.type"), expected);
    }
}

async fn post_to(url: String) -> Spans {
    let request = Client::new().post(url);
    let (answer, trace) = in_trace(3, request.traced().send()).await;
    assert!(answer.is_ok());
    let (server, client) = (trace.named("POST /orders"), trace.named("POST"));
    assert!(server.is_child_of(client));
    assert!(trace.named("stock").is_child_of(server));
    trace
}

#[tokio::test]
async fn a_result_is_judged_by_the_answer_on_either_side() {
    let url = annotated().await;
    for (query, server_error) in [
        ("", None),
        ("?lost", Some("502")),
        ("?refused", None),
        ("?broken", Some("500")),
    ] {
        let trace = post_to(format!("{url}/orders{query}")).await;
        let error_type = trace.named("POST /orders").attribute("error.type");
        assert_eq!(error_type, server_error.map(Into::into), "{query}");
    }
}

#[tokio::test]
async fn a_hostile_header_gives_a_new_root_and_an_answer() {
    let url = annotated().await;
    for hostile in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "é",
    ] {
        let request = Client::new().get(format!("{url}/orders/200"));
        let request = request.header("traceparent", hostile.as_bytes());
        let (answer, _) = in_trace(0, request.send()).await;
        assert_eq!(answer.unwrap().status(), 200);
    }
}

/// A handler without headers: the layer extracts the context.
#[traced]
async fn below(Path(id): Path<u16>) -> StatusCode {
    stock().await;
    StatusCode::from_u16(id).unwrap()
}

async fn layered() -> String {
    // The layer keeps the tracer of the provider that is installed when it is made.
    drop(Capture::new());
    let routes = Router::new()
        .route("/orders/{id}", get(below))
        .layer(server::Layer::new());
    format!("http://{}", serve(routes).await)
}

#[tokio::test]
async fn below_the_layer_of_opentelemetry_a_handler_is_its_child() {
    let url = layered().await;
    let request = Client::new().get(format!("{url}/orders/200"));
    let (answer, trace) = in_trace(4, request.traced().send()).await;
    assert_eq!(answer.unwrap().status(), 200);
    assert_tree!(
        trace,
        "
        test
          GET [client]
            GET /orders/{id} [server]
              below
                stock
        "
    );
}

#[tokio::test]
async fn the_layer_judges_as_we_do() {
    let url = layered().await;
    for (status, fails_server) in [(404, false), (500, true)] {
        let request = Client::new().get(format!("{url}/orders/{status}"));
        let (_, trace) = in_trace(4, request.traced().send()).await;
        assert_eq!(
            trace.find().kind(SpanKind::Server).one().has_failed(),
            fails_server
        );
        assert!(trace.named("GET").has_failed());
        assert_eq!(trace.named("below").has_failed(), fails_server);
    }
}
