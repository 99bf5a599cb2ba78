//! An application of actix-web under the middleware.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorServiceUnavailable, ErrorUnauthorized};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes, PayloadConfig};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer};
use futures_util::StreamExt as _;
use opentelemetry::trace::SpanKind;
use traced::testing::{Span, assert_tree, capture_async, spans};
use traced::traced;
use traced_servers_in_process::{
    attributes, ended, ended_alone, is_called_from_outside, line, open, raw, read_until,
};

#[traced]
async fn order(id: web::Path<u16>) -> Result<String, Error> {
    match *id {
        404 => Err(actix_web::error::ErrorNotFound("no such order")),
        503 => Err(ErrorServiceUnavailable("no kettle")),
        id => Ok(format!("order {id}")),
    }
}

#[traced(kind = "server", extract = request)]
async fn annotated(request: HttpRequest) -> HttpResponse {
    drop(request);
    HttpResponse::BadGateway().finish()
}

#[traced]
fn chunk(number: u8) -> Bytes {
    Bytes::from(format!("chunk {number}\n"))
}

async fn whole() -> HttpResponse {
    let chunks = futures_util::stream::iter(0..3).then(|number| async move {
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        Ok::<_, Infallible>(chunk(number))
    });
    HttpResponse::Ok().streaming(chunks)
}

async fn endless() -> HttpResponse {
    let first = futures_util::stream::iter([Ok::<_, Infallible>(chunk(0))]);
    // Writes again and again, because actix-web learns only from a write that the client is gone.
    let rest = futures_util::stream::repeat(()).then(|()| async {
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        Ok(Bytes::from_static(b"."))
    });
    HttpResponse::Ok().streaming(first.chain(rest))
}

async fn broken() -> HttpResponse {
    let chunks = [Ok(chunk(0)), Err(std::io::Error::other("the kettle broke"))];
    HttpResponse::Ok().streaming(futures_util::stream::iter(chunks))
}

async fn panics() -> HttpResponse {
    panic!("no teapot")
}

async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match request.headers().contains_key("x-stranger") {
        true => Err(ErrorUnauthorized("a stranger")),
        false => next.call(request).await,
    }
}

fn shop() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (ready, is_ready) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(|| {
                App::new()
                    .app_data(PayloadConfig::new(8))
                    .wrap(from_fn(guard))
                    .wrap(traced::actix_web::Traced.skip(["/healthz"]))
                    .route("/healthz", web::get().to(|| async { "well" }))
                    .service(web::resource("/orders/{id}").route(web::get().to(order)))
                    .service(
                        web::resource("/orders")
                            .route(web::post().to(|body: Bytes| async move { body })),
                    )
                    .service(web::scope("/shop").route("/orders/{id}", web::get().to(order)))
                    .route("/any", web::to(|| async { "any" }))
                    .route("/annotated", web::get().to(annotated))
                    .route("/whole", web::get().to(whole))
                    .route("/endless", web::get().to(endless))
                    .route("/broken", web::get().to(broken))
                    .route("/panics", web::get().to(panics))
            });
            let server = server.workers(1).listen(listener).unwrap().run();
            ready.send(()).unwrap();
            let _ = server.await;
        });
    });
    is_ready.recv().unwrap();
    address
}

/// Sends a request, and returns the answer and the only span.
async fn one(request: &str, body: &str) -> (String, Span) {
    let ask = async { (raw(shop(), request, body).await, ended_alone().await) };
    capture_async(ask).await.0
}

#[traced::test]
#[tokio::test]
async fn a_request_is_a_server_span_by_the_conventions() {
    let server = shop();
    let head = "GET /orders/7?color=blue&sig=hush\r\nUser-Agent: teapot/1";
    let answer = raw(server, head, "").await;
    assert!(answer.ends_with("order 7"), "{answer}");
    let all = ended(2).await;
    let span = all.named("GET /orders/{id}");
    assert_eq!(span.kind(), &SpanKind::Server);
    assert!(is_called_from_outside(span));
    assert!(all.named("order").is_child_of(span));
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

#[tokio::test]
async fn requests_that_reach_no_handler_have_a_span() {
    for (request, body, expected) in [
        ("GET /nowhere/7", "", "GET 404"),
        ("GET /shop/nowhere/7", "", "GET 404"),
        ("DELETE /orders/7", "", "DELETE /orders/{id} 405"),
        ("POST /orders", "far too long", "POST /orders 413"),
        ("GET /orders/x", "", "GET /orders/{id} 404"),
        ("GET /orders/7\r\nX-Stranger: 1", "", "GET /orders/{id} 401"),
        ("HEAD /any", "", "HEAD /any 200"),
        ("BREW /any", "", "HTTP /any 200"),
    ] {
        let (_, span) = one(request, body).await;
        assert_eq!(line(&span), expected, "{request}");
        assert_eq!(span.attribute("error.type"), None, "{request}");
    }
}

#[tokio::test]
async fn only_5xx_fails_a_server_with_the_message_of_the_error() {
    for (path, expected) in [
        (
            "/orders/404",
            "GET /orders/{id} [server] http.response.status_code=404 !error.type unset\n  order unset",
        ),
        (
            "/orders/503",
            "GET /orders/{id} [server] http.response.status_code=503 error.type=503 error: *no kettle*\n  \
             order error",
        ),
        (
            "/shop/orders/503",
            "GET /shop/orders/{id} [server] http.response.status_code=503 error.type=503 error: *no kettle*\n  \
             order error",
        ),
    ] {
        let ask = async {
            raw(shop(), &format!("GET {path}"), "").await;
            ended(2).await
        };
        // The `Err` of the handler is not an error of the server: its status is 404.
        assert_tree!(capture_async(ask).await.0, expected);
    }
}

#[traced::test]
#[tokio::test]
async fn a_skipped_path_has_no_span() {
    let server = shop();
    raw(server, "GET /healthz", "").await;
    raw(server, "GET /any", "").await;
    assert_eq!(line(&ended_alone().await), "GET /any 200");
}

#[tokio::test]
async fn a_panic_of_a_handler_fails_the_span() {
    let (_, span) = one("GET /panics", "").await;
    assert_eq!(line(&span), "GET /panics error");
    assert!(format!("{:?}", span.events()).contains("no teapot"));
}

#[traced::test]
#[tokio::test]
async fn a_stream_is_in_the_span_to_its_end() {
    let server = shop();
    raw(server, "GET /whole", "").await;
    let all = ended(4).await;
    let span = all.named("GET /whole");
    assert_eq!(line(span), "GET /whole 200");
    let chunks: [_; 3] = all.find().name("chunk").child_of(span).exactly();
    for chunk in chunks {
        assert!(chunk.data().end_time <= span.data().end_time);
    }
}

#[traced::test]
#[tokio::test]
async fn a_client_that_leaves_while_it_reads_cancels() {
    let server = shop();
    let mut connection = open(server, "GET /endless", "").await;
    read_until(&mut connection, "chunk 0").await;
    let so_far = spans();
    assert_eq!((so_far.len(), so_far.open_names().len()), (1, 1));
    drop(connection);
    let all = ended(2).await;
    assert_eq!(
        line(all.named("GET /endless")),
        "GET /endless 200 cancelled"
    );
}

#[traced::test]
#[tokio::test]
async fn a_body_that_breaks_fails_the_span() {
    let server = shop();
    raw(server, "GET /broken", "").await;
    let all = ended(2).await;
    let span = all.named("GET /broken");
    assert_eq!(line(span), "GET /broken 200 error");
    assert!(format!("{:?}", span.events()).contains("the kettle broke"));
}

/// The documentation warns of this: an annotated handler that extracts has a second server span beside the first.
#[traced::test]
#[tokio::test]
async fn a_handler_that_extracts_is_not_below_the_middleware() {
    let server = shop();
    raw(server, "GET /annotated", "").await;
    let all = ended(2).await;
    for name in ["annotated", "GET /annotated"] {
        let span = all.named(name);
        assert!(is_called_from_outside(span));
        assert!(line(span).ends_with(" error"), "{}", line(span));
    }
}
