//! The times of polls of spans that come from no annotated function: requests of tower and actix-web, and commands of
//! Redis. These tests have their own process, because polls are timed in all of it.

mod serving;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::SpanKind;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};
use tower_service::Service as _;
use traced::telemetry::{TelemetryBuilder, TelemetryGuard};
use traced::testing::{Span, Spans, capture_async};
use traced_servers_in_process::{ended, ended_alone, raw};

const BUSY: Duration = Duration::from_millis(25);
const IDLE: Duration = Duration::from_millis(20);

/// The spans of `work`, whose polls are timed.
async fn timed<F: Future>(work: F) -> (F::Output, Spans) {
    static TELEMETRY: OnceLock<TelemetryGuard> = OnceLock::new();
    // The telemetry comes first, because the provider of a capture replaces its provider.
    TELEMETRY.get_or_init(|| {
        let builder = TelemetryBuilder::default().no_exporter();
        builder.poll_times(true).init().unwrap()
    });
    capture_async(work).await
}

/// The value of an attribute that is a number.
fn number(span: &Span, key: &str) -> Option<i64> {
    span.attribute(key).map(|value| match value {
        opentelemetry::Value::I64(value) => value,
        other => panic!("{key} is {other:?}"),
    })
}

/// Checks the times of work that keeps its thread for `BUSY` and waits for `IDLE`, in at least `fewest_polls` polls.
#[track_caller]
fn assert_times(span: &Span, fewest_polls: i64) {
    let of = |key: &str| number(span, key).unwrap_or_else(|| panic!("no {key}: {span:?}"));
    let nanoseconds = |time: Duration| i64::try_from(time.as_nanos()).unwrap();
    assert!(of("traced.busy_ns") >= nanoseconds(BUSY), "{span:?}");
    assert!(
        of("traced.longest_poll_ns") >= nanoseconds(BUSY),
        "{span:?}"
    );
    assert!(of("traced.idle_ns") >= nanoseconds(IDLE), "{span:?}");
    assert!(of("traced.polls") >= fewest_polls, "{span:?}");
    assert!(
        of("traced.busy_ns") + of("traced.idle_ns") <= nanoseconds(span.duration() + BUSY),
        "{span:?}"
    );
    let long = span.event_names().into_iter();
    let long = long.filter(|name| *name == "traced.long_poll");
    assert_eq!(long.count(), 1, "{span:?}");
}

async fn work() {
    tokio::time::sleep(IDLE).await;
    thread::sleep(BUSY);
}

/// Two chunks, each after a pause.
fn chunks() -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::iter(["a", "b"]).then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Bytes::from_static(chunk.as_bytes()))
    })
}

async fn axum_server() -> SocketAddr {
    let handler = || async {
        work().await;
        Body::from_stream(chunks())
    };
    let router = Router::new()
        .route("/tower", get(handler))
        .route("/client", get(handler))
        .layer(traced::tower::server());
    serving::serve(router).await
}

#[tokio::test]
async fn a_request_of_tower_has_the_times_of_its_body_too() {
    let ask = async {
        raw(axum_server().await, "GET /tower", "").await;
        ended_alone().await
    };
    // Two of the handler, and two of each chunk.
    assert_times(&timed(ask).await.0, 6);
}

#[tokio::test]
async fn a_call_of_a_client_has_the_times_of_the_body_of_its_response_too() {
    let address = axum_server().await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let mut client = traced::tower::client().layer(client);
    let request = http::Request::get(format!("http://{address}/client"));
    let request = request.body(Empty::new()).unwrap();
    let ask = async {
        let response = client.call(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "ab");
        ended(2).await
    };
    let (spans, _) = timed(ask).await;
    let span = spans.find().kind(SpanKind::Client).one();
    // The client waits while the server works.
    assert!(number(span, "traced.polls") >= Some(2), "{span:?}");
    let waited = number(span, "traced.idle_ns").unwrap();
    assert!(
        waited >= i64::try_from((BUSY + IDLE).as_nanos()).unwrap(),
        "{span:?}"
    );
}

fn actix_server() -> SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        let run = async move {
            let app = || {
                let handler = || async {
                    work().await;
                    HttpResponse::Ok().streaming(chunks())
                };
                App::new()
                    .wrap(traced::actix_web::Traced)
                    .route("/actix", web::get().to(handler))
            };
            let server = HttpServer::new(app)
                .workers(1)
                .listen(listener)
                .unwrap()
                .run();
            ready.send(()).unwrap();
            server.await.unwrap();
        };
        actix_web::rt::System::new().block_on(run);
    });
    is_ready.recv().unwrap();
    address
}

#[tokio::test]
async fn a_request_of_actix_web_has_the_times_of_its_body_too() {
    let ask = async {
        raw(actix_server(), "GET /actix", "").await;
        ended_alone().await
    };
    assert_times(&timed(ask).await.0, 6);
}

/// A connection whose commands take `IDLE` and `BUSY`.
struct Slow;

impl redis::aio::ConnectionLike for Slow {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async {
            work().await;
            Ok(Value::Okay)
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            work().await;
            Ok(vec![Value::Okay; count])
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

impl redis::ConnectionLike for Slow {
    fn req_packed_command(&mut self, _: &[u8]) -> RedisResult<Value> {
        thread::sleep(BUSY);
        Ok(Value::Okay)
    }

    fn req_packed_commands(&mut self, _: &[u8], _: usize, count: usize) -> RedisResult<Vec<Value>> {
        Ok(vec![Value::Okay; count])
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn commands_of_redis_that_are_awaited_have_their_times() {
    let mut redis = traced::redis::Traced::new(Slow);
    let sent = async {
        let () = redis::cmd("SET").query_async(&mut redis).await?;
        let mut both = redis::pipe();
        both.cmd("INCR").arg("a").cmd("INCR").arg("b");
        both.query_async::<()>(&mut redis).await
    };
    let (sent, spans) = timed(sent).await;
    sent.unwrap();
    for name in ["SET", "PIPELINE INCR"] {
        assert_times(spans.named(name), 2);
    }
}

#[tokio::test]
async fn a_command_of_redis_that_blocks_is_not_polled() {
    let mut redis = traced::redis::Traced::new(Slow);
    let sent = async { redis::cmd("GETDEL").query::<()>(&mut redis) };
    let (sent, spans) = timed(sent).await;
    sent.unwrap();
    let span = spans.named("GETDEL");
    assert_eq!(number(span, "traced.polls"), None);
    assert!(span.duration() >= BUSY);
}
