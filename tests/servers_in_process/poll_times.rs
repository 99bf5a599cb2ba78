//! The times of polls, where spans are not those of annotated functions: requests of tower and actix-web, and
//! commands of Redis. A process of its own, as polls are watched in all of it.

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
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};
use tokio::net::TcpListener;
use tower_layer::Layer as _;
use tower_service::Service as _;
use traced::telemetry::{TelemetryBuilder, TelemetryGuard};
use traced_servers_in_process::raw;

const BUSY: Duration = Duration::from_millis(25);
const IDLE: Duration = Duration::from_millis(20);

fn telemetry() -> &'static (InMemorySpanExporter, TelemetryGuard) {
    static TELEMETRY: OnceLock<(InMemorySpanExporter, TelemetryGuard)> = OnceLock::new();
    TELEMETRY.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let builder = TelemetryBuilder::default().span_exporter(exporter.clone());
        (exporter, builder.poll_times(true).init().unwrap())
    })
}

/// The one span of this name.
async fn span(name: &str) -> SpanData {
    let (exporter, guard) = telemetry();
    for _ in 0..600 {
        guard.force_flush();
        let spans = exporter.get_finished_spans().unwrap();
        let mut spans = spans.into_iter().filter(|span| span.name == name);
        if let Some(span) = spans.next() {
            assert_eq!(spans.next(), None);
            return span;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no span {name:?} has ended");
}

fn number(span: &SpanData, key: &str) -> Option<i64> {
    let mut found = span.attributes.iter().filter(|it| it.key.as_str() == key);
    let value = found.next().map(|it| match it.value {
        opentelemetry::Value::I64(value) => value,
        ref other => panic!("{key} is {other:?}"),
    });
    assert!(found.next().is_none(), "{key} is there twice: {span:?}");
    value
}

/// Whether the times are those of work that keeps its thread for `BUSY` and waits for `IDLE`, in so many polls.
#[track_caller]
fn assert_times(span: &SpanData, fewest_polls: i64) {
    let of = |key: &str| number(span, key).unwrap_or_else(|| panic!("no {key}: {span:?}"));
    let nanoseconds = |time: Duration| i64::try_from(time.as_nanos()).unwrap();
    assert!(of("traced.busy_ns") >= nanoseconds(BUSY), "{span:?}");
    assert!(
        of("traced.longest_poll_ns") >= nanoseconds(BUSY),
        "{span:?}"
    );
    assert!(of("traced.idle_ns") >= nanoseconds(IDLE), "{span:?}");
    assert!(of("traced.polls") >= fewest_polls, "{span:?}");
    let whole = span.end_time.duration_since(span.start_time).unwrap();
    assert!(
        of("traced.busy_ns") + of("traced.idle_ns") <= nanoseconds(whole + BUSY),
        "{span:?}"
    );
    let long = span
        .events
        .iter()
        .filter(|event| event.name == "traced.long_poll");
    assert_eq!(long.count(), 1, "{span:?}");
}

async fn work() {
    tokio::time::sleep(IDLE).await;
    thread::sleep(BUSY);
}

/// Two chunks, each of them waited for.
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
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn of_a_request_of_tower_and_its_body() {
    telemetry();
    raw(axum_server().await, "GET /tower\r\n", "").await;
    // Two of the handler, and two of each chunk.
    assert_times(&span("GET /tower").await, 6);
}

#[tokio::test]
async fn of_a_call_of_a_client_and_the_body_of_its_response() {
    telemetry();
    let address = axum_server().await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let mut client = traced::tower::client().layer(client);
    let request = http::Request::get(format!("http://{address}/client"));
    let response = client
        .call(request.body(Empty::new()).unwrap())
        .await
        .unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "ab"
    );
    let span = span("GET").await;
    // The client waits while the server works.
    assert!(number(&span, "traced.polls") >= Some(2), "{span:?}");
    let waited = number(&span, "traced.idle_ns").unwrap();
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
async fn of_a_request_of_actix_web_and_its_body() {
    telemetry();
    raw(actix_server(), "GET /actix\r\n", "").await;
    assert_times(&span("GET /actix").await, 6);
}

/// A connection that takes its time.
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

/// Runs `send` of a connection to Redis.
async fn with_redis<F: Future>(send: impl FnOnce(traced::redis::Traced<Slow>) -> F) -> F::Output {
    telemetry();
    send(traced::redis::Traced::new(Slow)).await
}

#[tokio::test]
async fn of_commands_of_redis_that_are_awaited() {
    let sent = with_redis(async |mut redis| {
        let () = redis::cmd("SET").query_async(&mut redis).await?;
        let mut both = redis::pipe();
        both.cmd("INCR").arg("a").cmd("INCR").arg("b");
        both.query_async::<()>(&mut redis).await
    });
    sent.await.unwrap();
    for name in ["SET", "PIPELINE INCR"] {
        assert_times(&span(name).await, 2);
    }
}

#[tokio::test]
async fn a_command_of_redis_that_blocks_is_not_polled() {
    with_redis(async |mut redis| redis::cmd("GETDEL").query::<()>(&mut redis))
        .await
        .unwrap();
    let span = span("GETDEL").await;
    assert_eq!(number(&span, "traced.polls"), None);
    assert!(span.end_time.duration_since(span.start_time).unwrap() >= BUSY);
}
