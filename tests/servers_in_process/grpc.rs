//! gRPC under the layers of both sides: a service written by hand, as `protoc` would write it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, SpanKind};
use opentelemetry::{Context, KeyValue};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc as Server, NamedService, ServerStreamingService, UnaryService};
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower_layer::Layer as _;
use traced::traced;
use traced_servers_in_process::{Seen, Trace, named};

#[derive(Clone, PartialEq, prost::Message)]
struct Order {
    #[prost(uint64, tag = "1")]
    id: u64,
}

/// The baggage that came along.
#[derive(Clone, PartialEq, prost::Message)]
struct Placed {
    #[prost(string, tag = "1")]
    tenant: String,
}

#[traced]
async fn place(request: Request<Order>) -> Result<Response<Placed>, Status> {
    let code = Code::from(i32::try_from(request.get_ref().id).unwrap());
    if code != Code::Ok {
        return Err(Status::new(code, "not placed: 50 %"));
    }
    let tenant = Context::current().baggage().get("tenant").cloned();
    let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
    Ok(Response::new(Placed { tenant }))
}

#[derive(Clone)]
struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "shop.Orders";
}

struct Place;

impl UnaryService<Order> for Place {
    type Response = Placed;
    type Future = BoxFuture<Response<Placed>, Status>;

    fn call(&mut self, request: Request<Order>) -> Self::Future {
        Box::pin(place(request))
    }
}

struct Watch;

type Orderings = Pin<Box<dyn Stream<Item = Result<Placed, Status>> + Send>>;

/// An order, and then nothing for good; or, if the order has an id, the end with that code.
impl ServerStreamingService<Order> for Watch {
    type Response = Placed;
    type ResponseStream = Orderings;
    type Future = BoxFuture<Response<Orderings>, Status>;

    fn call(&mut self, request: Request<Order>) -> Self::Future {
        let code = Code::from(i32::try_from(request.get_ref().id).unwrap());
        let first = futures_util::stream::iter([Ok(Placed::default())]);
        let rest: Orderings = match code {
            Code::Ok => Box::pin(futures_util::stream::pending()),
            code => Box::pin(futures_util::stream::iter([Err(Status::new(code, "over"))])),
        };
        let all: Orderings = Box::pin(first.chain(rest));
        Box::pin(std::future::ready(Ok(Response::new(all))))
    }
}

impl Service<http::Request<Body>> for Orders {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Server::new(ProstCodec::<Placed, Order>::default());
            Ok(match request.uri().path() {
                "/shop.Orders/Place" => grpc.unary(Place, request).await,
                "/shop.Orders/Watch" => grpc.server_streaming(Watch, request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}

async fn serve() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = traced::tower::server()
        .peer(|extensions| extensions.get::<TcpConnectInfo>()?.remote_addr());
    let server = tonic::transport::Server::builder()
        .layer(layer)
        .add_service(Orders);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

type TracedChannel = traced::tower::Client<Channel>;

fn client(address: SocketAddr) -> Client<TracedChannel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let layer = traced::tower::client().server("127.0.0.1", address.port());
    Client::new(layer.layer(endpoint.connect_lazy()))
}

/// The context of a caller that another process is in.
fn caller(trace: Trace) -> Context {
    let headers = vec![("traceparent".to_owned(), trace.parent())];
    traced::extract(&headers).with_baggage([KeyValue::new("tenant", "acme")])
}

async fn call(
    mut client: Client<TracedChannel>,
    path: &'static str,
    code: Code,
) -> Result<Placed, Status> {
    client
        .ready()
        .await
        .map_err(|error| Status::unknown(error.to_string()))?;
    let request = Request::new(Order { id: code as u64 });
    let codec = ProstCodec::<Order, Placed>::default();
    let path = PathAndQuery::from_static(path);
    Ok(client.unary(request, path, codec).await?.into_inner())
}

fn of_kind(spans: &[Seen], kind: SpanKind) -> &Seen {
    spans.iter().find(|span| span.is(kind.clone())).unwrap()
}

#[tokio::test]
async fn a_call_is_two_spans_by_the_conventions_and_takes_the_baggage_along() {
    let (address, trace) = (serve().await, Trace::new());
    let answer = call(client(address), "/shop.Orders/Place", Code::Ok);
    let answer = answer.with_context(caller(trace)).await.unwrap();
    assert_eq!(answer.tenant, "acme");
    let spans = trace.spans(3).await;
    let (client, server) = (
        of_kind(&spans, SpanKind::Client),
        of_kind(&spans, SpanKind::Server),
    );
    assert!(server.is_child_of(client));
    assert!(named(&spans, "place").is_child_of(server));
    assert_eq!(client.line(), "shop.Orders/Place OK");
    assert_eq!(server.line(), "shop.Orders/Place OK");
    let port = address.port();
    assert_eq!(
        client.attributes(),
        format!(
            "network.protocol.version=2
rpc.method=shop.Orders/Place
rpc.status_code=OK
rpc.system.name=grpc
server.address=127.0.0.1
server.port={port}"
        )
    );
    let attributes = server.attributes();
    let (before, peer_port) = attributes.split_once("network.peer.port=").unwrap();
    let (_, after) = peer_port.split_once('\n').unwrap();
    assert_eq!(
        before.to_owned() + after,
        format!(
            "client.address=127.0.0.1
network.peer.address=127.0.0.1
network.protocol.version=2
rpc.method=shop.Orders/Place
rpc.status_code=OK
rpc.system.name=grpc
server.address=127.0.0.1
server.port={port}"
        )
    );
}

#[tokio::test]
async fn a_code_fails_the_client_and_only_its_own_fault_the_server() {
    for (code, of_client, of_server) in [
        (
            Code::NotFound,
            "shop.Orders/Place NOT_FOUND error",
            "shop.Orders/Place NOT_FOUND",
        ),
        (
            Code::Internal,
            "shop.Orders/Place INTERNAL error",
            "shop.Orders/Place INTERNAL error",
        ),
    ] {
        let (address, trace) = (serve().await, Trace::new());
        let answer = call(client(address), "/shop.Orders/Place", code);
        let answer = answer.with_context(caller(trace)).await;
        assert_eq!(answer.unwrap_err().code(), code);
        let spans = trace.spans(3).await;
        let client = of_kind(&spans, SpanKind::Client);
        assert_eq!(client.line(), of_client);
        assert_eq!(of_kind(&spans, SpanKind::Server).line(), of_server);
        // The message is percent-encoded on its way.
        assert!(format!("{:?}", client.0.status).contains("not placed: 50 %"));
        assert!(client.text("error.type").is_some());
    }
}

#[tokio::test]
async fn what_nobody_serves_has_a_span() {
    let (address, trace) = (serve().await, Trace::new());
    let answer = call(client(address), "/shop.Stock/Count", Code::Ok);
    let answer = answer.with_context(caller(trace)).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    let spans = trace.spans(2).await;
    for span in &spans {
        assert_eq!(span.line(), "shop.Stock/Count UNIMPLEMENTED error");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_the_call_and_the_error_says_why() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let trace = Trace::new();
    let answer = call(client(address), "/shop.Orders/Place", Code::Ok);
    assert!(answer.with_context(caller(trace)).await.is_err());
    let span = trace.span().await;
    assert_eq!(span.line(), "shop.Orders/Place error");
    assert!(
        format!("{:?}", span.0.events).contains("onnection refused"),
        "{span:?}"
    );
}

async fn watch(mut client: Client<TracedChannel>, code: Code) -> tonic::Streaming<Placed> {
    client.ready().await.unwrap();
    let request = Request::new(Order { id: code as u64 });
    let codec = ProstCodec::<Order, Placed>::default();
    let path = PathAndQuery::from_static("/shop.Orders/Watch");
    let answer = client.server_streaming(request, path, codec).await.unwrap();
    let mut stream = answer.into_inner();
    stream.message().await.unwrap().unwrap();
    stream
}

#[tokio::test]
async fn the_status_of_a_stream_comes_with_its_end() {
    let (address, trace) = (serve().await, Trace::new());
    let stream = watch(client(address), Code::Unavailable);
    let mut stream = stream.with_context(caller(trace)).await;
    assert_eq!(
        stream.message().await.unwrap_err().code(),
        Code::Unavailable
    );
    for span in &trace.spans(2).await {
        assert_eq!(span.line(), "shop.Orders/Watch UNAVAILABLE error");
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_cancelled_on_both_sides() {
    let (address, trace) = (serve().await, Trace::new());
    let stream = watch(client(address), Code::Ok)
        .with_context(caller(trace))
        .await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(trace.ended(), 0);
    drop(stream);
    for span in &trace.spans(2).await {
        assert_eq!(span.line(), "shop.Orders/Watch cancelled");
    }
}
