//! Spans of reqwest's requests: their attributes and the headers they send.

use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get, post};
use futures::StreamExt as _;
use opentelemetry::trace::{SpanKind, Status};
use reqwest::{Body, Client, Method};
use tokio::net::TcpListener;
use traced::http_client::{HttpTracing, RequestExt as _};
use traced::testing::assert_tree;
use traced::traced;

use crate::serving::serve;
use crate::support::in_trace;

async fn echo(headers: HeaderMap) -> String {
    ["traceparent", "tracestate", "baggage", "x-mine"]
        .into_iter()
        .flat_map(|name| headers.get_all(name))
        .map(|value| value.to_str().unwrap().to_owned() + "\n")
        .collect()
}

async fn with_status(Path(status): Path<u16>) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

async fn server() -> String {
    let routes = Router::new()
        .route("/echo", any(echo))
        .route("/orders/{id}", get(|| async { "an order" }))
        .route("/redirect", get(|| async { Redirect::to("/status/404") }))
        .route("/status/{status}", get(with_status));
    format!("http://{}", serve(routes).await)
}

#[tokio::test]
async fn a_request_is_a_client_span_by_the_conventions() {
    let url = server().await;
    let request = Client::new().get(format!("{url}/orders/7?color=blue"));
    let (answer, trace) = in_trace(1, request.traced().template("/orders/{id}").send()).await;
    assert_eq!(answer.unwrap().text().await.unwrap(), "an order");
    let span = trace.named("GET /orders/{id}");
    assert!(span.is_child_of(trace.named("test")));
    assert_eq!(span.kind(), &SpanKind::Client);
    assert_eq!(span.status(), &Status::Unset);
    assert_eq!(span.scope(), "traced");
    let port = url.rsplit_once(':').unwrap().1;
    for (key, expected) in [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("network.peer.address", "127.0.0.1"),
        ("network.peer.port", port),
        ("network.protocol.version", "1.1"),
        ("server.address", "127.0.0.1"),
        ("server.port", port),
        ("url.full", &format!("{url}/orders/7?color=blue")),
        ("url.template", "/orders/{id}"),
    ] {
        assert_eq!(span.text(key), expected, "{key}");
    }
    assert_eq!(
        span.attribute("http.response.status_code"),
        Some(200.into())
    );
    assert_eq!(span.attributes().len(), 9, "{:?}", span.attributes());
}

#[tokio::test]
async fn the_server_is_told_of_the_span_and_the_other_headers_stay() {
    let url = server().await;
    let request = Client::new()
        .post(format!("{url}/echo"))
        .header("x-mine", "mine")
        .header(
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
        .header("tracestate", "stale=1");
    let (answer, trace) = in_trace(1, request.traced().send()).await;
    let expected = format!("{}\nmine\n", trace.named("POST").traceparent());
    assert_eq!(answer.unwrap().text().await.unwrap(), expected);
}

#[tokio::test]
async fn a_status_of_400_or_more_fails_the_span_of_the_client() {
    let url = server().await;
    for (status, is_error) in [
        (200, false),
        (204, false),
        (304, false),
        (400, true),
        (503, true),
    ] {
        let request = Client::new().get(format!("{url}/status/{status}"));
        let (answer, trace) = in_trace(1, request.traced().send()).await;
        assert_eq!(answer.unwrap().status(), status);
        let span = trace.named("GET");
        assert_eq!(span.has_failed(), is_error, "{status}");
        let expected = is_error.then(|| status.to_string().into());
        assert_eq!(span.attribute("error.type"), expected);
        assert_eq!(
            span.attribute("http.response.status_code"),
            Some(i64::from(status).into())
        );
        assert!(span.events().is_empty());
    }
}

#[tokio::test]
async fn an_unknown_method_is_not_part_of_the_name() {
    let url = server().await;
    let method = Method::from_bytes(b"BREW").unwrap();
    let request = Client::new().request(method, format!("{url}/echo"));
    let (answer, trace) = in_trace(1, request.traced().send()).await;
    assert!(answer.is_ok());
    let span = trace.named("HTTP");
    assert_eq!(span.text("http.request.method"), "_OTHER");
    let original = span.text("http.request.method_original");
    assert_eq!(original, "BREW");
}

#[tokio::test]
async fn secrets_are_neither_in_the_url_nor_in_the_error() {
    // The listener is dropped, so connections to its port are refused.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}/?sig=hush&voucher=hush&color=blue");
    let tracing = HttpTracing::new().redact(["voucher"]);
    let request = Client::new().get(url).basic_auth("me", Some("hush"));
    let (answer, trace) = in_trace(1, request.traced().with(&tracing).send()).await;
    assert!(answer.is_err());
    let span = trace.named("GET");
    let shown = format!("http://{address}/?sig=REDACTED&voucher=REDACTED&color=blue");
    assert_eq!(span.text("url.full"), shown);
    assert_eq!(span.text("error.type"), "connect");
    assert!(span.has_failed());
    assert_eq!(span.events().len(), 1);
    let all = format!("{:?}", span.data());
    assert!(!all.contains("hush"), "{all}");
}

#[traced(kind = "internal")]
async fn ask(url: String) -> reqwest::Result<()> {
    let request = Client::new().get(url).timeout(Duration::from_millis(20));
    request.traced().send().await?;
    Ok(())
}

#[tokio::test]
async fn an_error_that_the_caller_passes_on_is_recorded_once() {
    // A server that accepts connections and never answers.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (answer, trace) = in_trace(2, ask(url)).await;
    assert!(answer.unwrap_err().is_timeout());
    let (caller, request) = (trace.named("ask"), trace.named("GET"));
    assert!(request.is_child_of(caller));
    for span in [caller, request] {
        assert_eq!(span.text("error.type"), "timeout");
    }
    assert_eq!((caller.events().len(), request.events().len()), (0, 1));
}

#[tokio::test]
async fn a_request_that_is_dropped_is_cancelled() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let request = Client::new().get(format!("http://{}/", listener.local_addr().unwrap()));
    let send = request.traced().send();
    let (answer, trace) = in_trace(1, async {
        tokio::select! {
            answer = send => Some(answer),
            _ = listener.accept() => None,
        }
    })
    .await;
    assert!(answer.is_none());
    let span = trace.named("GET");
    assert_eq!(span.text("traced.cancelled"), "true");
    assert_eq!(span.status(), &Status::Unset);
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_span() {
    let url = server().await;
    let request = Client::new().get(format!("{url}/redirect"));
    let (answer, trace) = in_trace(1, request.traced().send()).await;
    assert_eq!(answer.unwrap().status(), 404);
    let span = trace.named("GET");
    assert_eq!(span.text("url.full"), format!("{url}/redirect"));
    assert_eq!(
        span.attribute("http.response.status_code"),
        Some(404.into())
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_built_has_no_span() {
    let request = Client::new().get("no url");
    let (answer, _) = in_trace(0, request.traced().send()).await;
    assert!(answer.unwrap_err().is_builder());
}

#[traced(baggage(tenant = "acme"))]
async fn with_baggage(url: &str, tracing: &HttpTracing) -> String {
    let request = Client::new().get(format!("{url}/echo"));
    let request = request.traced().with(tracing);
    let request = request.map(|request| request.header("x-mine", "mine"));
    let answer = request.send().await.unwrap();
    let text = answer.text().await.unwrap();
    let (_, rest) = text.split_once('\n').expect("a traceparent");
    rest.to_owned()
}

#[tokio::test]
async fn baggage_is_sent_only_to_hosts_that_are_allowed() {
    let url = server().await;
    let nobody = HttpTracing::new().baggage_to_named_hosts_only();
    let named = nobody.clone().baggage_to(["127.0.0.1"]);
    for (tracing, expected) in [
        (HttpTracing::new(), "tenant=acme\nmine\n"),
        (nobody, "mine\n"),
        (named, "tenant=acme\nmine\n"),
    ] {
        let (sent, _) = in_trace(2, with_baggage(&url, &tracing)).await;
        assert_eq!(sent, expected);
    }
}

/// As documented: reqwest follows a redirect itself and sends the baggage along.
#[tokio::test]
async fn a_redirect_takes_the_baggage_along() {
    let stranger = server().await;
    let to = format!("{stranger}/echo");
    let redirect = move || async move { Redirect::to(&to) };
    let routes = Router::new().route("/echo", get(redirect));
    let url = format!("http://{}", serve(routes).await);
    let (sent, _) = in_trace(2, with_baggage(&url, &HttpTracing::new())).await;
    assert_eq!(sent, "tenant=acme\nmine\n");
}

#[traced]
async fn by_a_task(url: String) -> reqwest::Result<reqwest::Response> {
    let request = Client::new().get(url).traced();
    tokio::spawn(request.send()).await.unwrap()
}

#[tokio::test]
async fn a_task_can_send_it() {
    let url = server().await;
    let (answer, trace) = in_trace(2, by_a_task(format!("{url}/orders/7"))).await;
    assert!(answer.is_ok());
    assert_tree!(trace, "test\n  by_a_task\n    GET [client]");
}

#[traced]
fn chunk(number: u8) -> Vec<u8> {
    vec![b'0' + number]
}

/// The connection polls the body, in a task of its own.
#[traced]
async fn upload(url: &str) -> String {
    let chunks = futures::stream::iter(0..3).then(|number| async move {
        tokio::task::yield_now().await;
        Ok::<_, std::convert::Infallible>(chunk(number))
    });
    let request = Client::new().post(url).body(Body::wrap_stream(chunks));
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_chunks_of_a_streamed_body_are_under_the_function_that_made_it() {
    let routes = Router::new().route("/upload", post(|body: String| async move { body }));
    let url = format!("http://{}/upload", serve(routes).await);
    let (answer, trace) = in_trace(4, upload(&url)).await;
    assert_eq!(answer, "012");
    assert_tree!(
        trace,
        "
        test
          upload
            chunk
            chunk
            chunk
        "
    );
}
