//! The client of hyper under the layer, over HTTP/1.1 and HTTP/2, and a service of hyper without a router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context as TaskContext, Poll};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{BoxError, Router};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, SpanKind};
use tokio::net::TcpListener;
use tower_service::Service;
use traced::testing::{Span, assert_tree, capture_async, spans, traceparent};
use traced::tower::Route;
use traced_servers_in_process::{attributes, ended, ended_alone, line, nobody, raw};

use crate::serving::serve;

async fn echo(headers: HeaderMap) -> String {
    let text = |name| {
        headers
            .get(name)
            .map_or("-", |value| value.to_str().unwrap())
    };
    format!("{} {}", text("traceparent"), text("baggage"))
}

async fn server() -> SocketAddr {
    let routes = Router::new()
        .route("/echo", get(echo))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }));
    serve(routes).await
}

type Hyper = Client<HttpConnector, Empty<Bytes>>;

fn hyper_client(layer: &traced::tower::ClientLayer, http2: bool) -> traced::tower::Client<Hyper> {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(http2)
        .build_http();
    layer.layer(client)
}

/// The context of a caller in another process.
fn caller() -> Context {
    let headers = vec![
        ("traceparent".to_owned(), traceparent()),
        ("baggage".to_owned(), "tenant=acme".to_owned()),
    ];
    traced::extract(&headers)
}

/// Sends a request, and returns the body of the answer and the only span.
async fn ask(layer: &traced::tower::ClientLayer, url: String, http2: bool) -> (String, Span) {
    let request = Request::get(url).body(Empty::new()).unwrap();
    let mut client = hyper_client(layer, http2);
    let asked = async {
        // A layer starts the span when it is called.
        let answer = async { client.call(request).await };
        let answer = answer.with_context(caller()).await.unwrap();
        // The span ends with the body.
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (
            String::from_utf8(body.to_vec()).unwrap(),
            ended_alone().await,
        )
    };
    capture_async(asked).await.0
}

#[tokio::test]
async fn a_request_is_a_client_span_by_the_conventions() {
    let address = server().await;
    for http2 in [false, true] {
        let url = format!("http://{address}/echo?sig=hush&a=1");
        let (body, span) = ask(&traced::tower::client(), url, http2).await;
        assert_eq!(line(&span), "GET 200");
        assert_eq!(span.kind(), &SpanKind::Client);
        assert_eq!(body, format!("{} tenant=acme", span.traceparent()));
        let port = address.port();
        assert_eq!(
            attributes(&span),
            format!(
                "http.request.method=GET
http.response.status_code=200
network.protocol.version={}
server.address=127.0.0.1
server.port={port}
url.full=http://{address}/echo?sig=REDACTED&a=1",
                if http2 { "2" } else { "1.1" },
            )
        );
    }
}

#[tokio::test]
async fn baggage_is_sent_only_where_it_is_allowed() {
    let address = server().await;
    let nobody = traced::tower::client().baggage_to_named_hosts_only();
    let (body, _) = ask(&nobody, format!("http://{address}/echo"), false).await;
    assert!(body.ends_with(" -"), "{body}");
    let named = nobody.baggage_to(["127.0.0.1"]);
    let (body, _) = ask(&named, format!("http://{address}/echo"), false).await;
    assert!(body.ends_with(" tenant=acme"), "{body}");
}

#[tokio::test]
async fn a_status_from_400_on_fails_the_client() {
    let address = server().await;
    let (_, span) = ask(
        &traced::tower::client(),
        format!("http://{address}/missing"),
        false,
    )
    .await;
    assert_eq!(line(&span), "GET 404 error");
    assert_eq!(span.text("error.type"), "404");
}

#[traced::test]
#[tokio::test]
async fn a_client_need_not_read_the_body() {
    let address = server().await;
    let request = Request::get(format!("http://{address}/echo"));
    let request = request.body(Empty::new()).unwrap();
    let mut client = hyper_client(&traced::tower::client(), false);
    // A layer starts the span when it is called.
    let answer = async { client.call(request).await };
    let answer = answer.with_context(caller()).await.unwrap();
    let so_far = spans();
    assert_eq!((so_far.len(), so_far.open_names()), (0, vec!["GET"]));
    drop(answer);
    assert_eq!(line(&ended_alone().await), "GET 200");
}

#[traced::test]
#[tokio::test]
async fn a_server_that_is_not_there_is_an_error() {
    let request = Request::get(format!("http://{}/", nobody().await));
    let request = request.body(Empty::new()).unwrap();
    let mut client = hyper_client(&traced::tower::client(), false);
    // A layer starts the span when it is called.
    let answer = async { client.call(request).await };
    assert!(answer.with_context(caller()).await.is_err());
    let span = ended_alone().await;
    assert_eq!(line(&span), "GET error");
    assert!(
        format!("{:?}", span.events()).contains("onnection refused"),
        "{span:?}"
    );
}

/// Serves one connection, in the context that is current here.
pub(crate) async fn serve_a_connection<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(traced::carry(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let http = hyper::server::conn::http1::Builder::new();
        let service = TowerToHyperService::new(service);
        let _ = http
            .serve_connection(TokioIo::new(connection), service)
            .await;
    }));
    address
}

/// A service that routes by itself, and names the route in the response.
#[derive(Clone)]
struct Orders;

impl<B> Service<Request<B>> for Orders {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(Full::from("an order"));
        response.extensions_mut().insert(Route::new("/orders/{id}"));
        std::future::ready(Ok(response))
    }
}

#[traced::test]
#[tokio::test]
async fn a_service_of_hyper_says_its_route_in_the_response() {
    let server = serve_a_connection(traced::tower::server().layer(Orders)).await;
    let answer = raw(server, "GET /orders/7", "").await;
    assert!(answer.ends_with("an order"), "{answer}");
    let span = ended_alone().await;
    assert_eq!(line(&span), "GET /orders/{id} 200");
    assert_eq!(span.text("http.route"), "/orders/{id}");
}

#[traced::test]
#[tokio::test]
async fn over_http2_both_sides_are_in_one_trace() {
    let routes = Router::new().route("/echo", get(echo));
    let address = serve(routes.layer(traced::tower::server())).await;
    let mut client = hyper_client(&traced::tower::client(), true);
    let request = Request::get(format!("http://{address}/echo"));
    let request = request.body(Empty::new()).unwrap();
    let answer = async {
        let answer = client.call(request).await.unwrap();
        answer.into_body().collect().await.unwrap()
    };
    answer.with_context(caller()).await;
    let port = address.port();
    let expected = format!(
        "
        GET [client]
          GET /echo [server] http.response.status_code=200 network.protocol.version=2 server.address=127.0.0.1 \
             server.port={port} url.scheme=http unset !traced.cancelled
        "
    );
    assert_tree!(ended(2).await, &expected);
}
