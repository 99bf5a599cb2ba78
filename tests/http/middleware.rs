//! The spans of a client with the middleware, for every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use reqwest::{Client, Request, Url};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use traced::http_client::{HttpTracing, UrlTemplate};
use traced::testing::assert_tree;

use crate::serving::serve;
use crate::support::in_trace;

/// A server that fails `times` times, then answers with the `traceparent` it received.
async fn failing(times: usize) -> String {
    let left = Arc::new(AtomicUsize::new(times));
    let answer = move |headers: HeaderMap| async move {
        let fails = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        match fails {
            Ok(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
            Err(_) => Ok(headers["traceparent"].to_str().unwrap().to_owned()),
        }
    };
    let routes = Router::new().route("/orders/{id}", get(answer));
    format!("http://{}/orders/7", serve(routes).await)
}

fn retrying() -> RetryTransientMiddleware<ExponentialBackoff> {
    let at_once = std::time::Duration::from_millis(1);
    let policy = ExponentialBackoff::builder()
        .retry_bounds(at_once, at_once)
        .build_with_max_retries(3);
    RetryTransientMiddleware::new_with_policy(policy)
}

fn client() -> ClientBuilder {
    ClientBuilder::new(Client::new())
}

#[tokio::test]
async fn every_request_has_a_span_and_carries_it() {
    let client = client().with(HttpTracing::new()).build();
    let request = client.get(failing(0).await);
    let request = request.with_extension(UrlTemplate::new("/orders/{id}"));
    let (answer, trace) = in_trace(1, request.send()).await;
    let span = trace.named("GET /orders/{id}");
    assert!(span.is_child_of(trace.named("test")));
    assert_eq!(span.text("url.template"), "/orders/{id}");
    assert_eq!(
        span.attribute("http.response.status_code"),
        Some(200.into())
    );
    assert_eq!(span.attribute("http.request.resend_count"), None);
    let sent = answer.unwrap().text().await.unwrap();
    assert_eq!(sent, span.traceparent());
}

#[tokio::test]
async fn after_the_retries_every_attempt_is_a_span_with_its_number() {
    let client = client().with(retrying()).with(HttpTracing::new()).build();
    let url = failing(2).await;
    let (answer, trace) = in_trace(3, client.get(url).send()).await;
    let sent = answer.unwrap().text().await.unwrap();
    assert_tree!(
        trace,
        "
        test
          GET [client] !http.request.resend_count error.type=503 error
          GET [client] http.request.resend_count=1 error.type=503 error
          GET [client] http.request.resend_count=2 !error.type unset
        "
    );
    let [.., last] = trace.all_named("GET")[..] else {
        unreachable!("there are three");
    };
    assert!(sent.contains(&last.id().to_string()), "{sent}");
}

#[tokio::test]
async fn before_the_retries_all_attempts_are_one_span() {
    let client = client().with(HttpTracing::new()).with(retrying()).build();
    let url = failing(2).await;
    let (answer, trace) = in_trace(1, client.get(url).send()).await;
    assert!(answer.is_ok());
    let span = trace.named("GET");
    assert!(!span.has_failed());
    assert_eq!(
        span.attribute("http.response.status_code"),
        Some(200.into())
    );
}

#[tokio::test]
async fn credentials_in_a_url_are_not_shown() {
    let client = client().with(HttpTracing::new()).build();
    let url = failing(0).await.replace("://", "://me:hush@");
    let request = Request::new(reqwest::Method::GET, Url::parse(&url).unwrap());
    let (answer, trace) = in_trace(1, client.execute(request)).await;
    assert!(answer.is_ok());
    let shown = trace.named("GET").text("url.full");
    assert!(
        shown.starts_with("http://REDACTED:REDACTED@127.0.0.1"),
        "{shown}"
    );
}

struct Refusing;

#[async_trait::async_trait]
impl Middleware for Refusing {
    async fn handle(
        &self,
        _: Request,
        _: &mut axum::http::Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let error = std::io::Error::other("refused");
        Err(reqwest_middleware::Error::middleware(error))
    }
}

#[tokio::test]
async fn an_error_of_another_middleware_fails_the_span() {
    let client = client().with(HttpTracing::new()).with(Refusing).build();
    let (answer, trace) = in_trace(1, client.get("http://orders/7").send()).await;
    assert!(answer.is_err());
    let span = trace.named("GET");
    assert!(span.has_failed());
    assert_eq!(span.events().len(), 1);
    assert_eq!(span.attribute("http.response.status_code"), None);
}

#[tokio::test]
async fn a_client_may_be_shared_by_traces() {
    let client: ClientWithMiddleware = client().with(HttpTracing::new()).build();
    let url = failing(0).await;
    let (one, another) = tokio::join!(
        in_trace(1, client.get(&url).send()),
        in_trace(1, client.get(&url).send()),
    );
    for (answer, trace) in [one, another] {
        let sent = answer.unwrap().text().await.unwrap();
        let id = trace.named("GET").id().to_string();
        assert!(sent.contains(&id));
    }
}
