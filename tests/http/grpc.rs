//! gRPC clients and servers: a service written as `protoc` would generate it.

use std::convert::Infallible;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc as Server, NamedService, UnaryService};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use traced::traced;

use crate::support::{Trace, traced as in_trace};

#[derive(Clone, PartialEq, prost::Message)]
struct Order {
    #[prost(uint64, tag = "1")]
    id: u64,
}

/// The metadata that the server received.
#[derive(Clone, PartialEq, prost::Message)]
struct Placed {
    #[prost(string, tag = "1")]
    parent: String,
    #[prost(string, tag = "2")]
    tenant: String,
}

const METHOD: &str = "shop.Orders/Place";

#[traced(
    name = METHOD,
    kind = "server",
    extract = request,
    attributes(rpc.system.name = "grpc", rpc.method = METHOD),
)]
async fn place(request: Request<Order>) -> Result<Response<Placed>, Status> {
    tokio::task::yield_now().await;
    let code = Code::from(i32::try_from(request.get_ref().id).unwrap());
    if code != Code::Ok {
        return Err(Status::new(code, "not placed"));
    }
    let text = |key| {
        request
            .metadata()
            .get(key)
            .map(|value| value.to_str().unwrap())
    };
    Ok(Response::new(Placed {
        parent: text("traceparent").unwrap_or_default().to_owned(),
        tenant: text("x-tenant").unwrap_or_default().to_owned(),
    }))
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
            Ok(grpc.unary(Place, request).await)
        })
    }
}

async fn channel() -> Channel {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tonic::transport::Server::builder().add_service(Orders);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

/// A client call in a span, whose context is injected into the metadata.
#[traced(
    name = METHOD,
    kind = "client",
    inject = request,
    attributes(rpc.system.name = "grpc", rpc.method = METHOD),
)]
async fn call(channel: Channel, mut request: Request<Order>) -> Result<Placed, Status> {
    let mut grpc = Client::new(channel);
    let ready = grpc.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = PathAndQuery::from_static("/shop.Orders/Place");
    let answer = grpc.unary(request, path, ProstCodec::<Order, Placed>::default());
    Ok(answer.await?.into_inner())
}

async fn ask(code: Code) -> (Result<Placed, Status>, Trace) {
    let channel = channel().await;
    let mut request = Request::new(Order { id: code as u64 });
    let metadata = request.metadata_mut();
    metadata.insert("x-tenant", "acme".parse().unwrap());
    metadata.insert("tracestate", "stale=1".parse().unwrap());
    in_trace(2, call(channel, request)).await
}

#[tokio::test]
async fn a_call_is_one_trace_and_its_metadata_arrives() {
    let (answer, trace) = ask(Code::Ok).await;
    let client = trace.of_kind(&SpanKind::Client);
    let server = trace.of_kind(&SpanKind::Server);
    assert!(client.is_child_of(trace.named("test")));
    assert!(server.is_child_of(client));
    assert!(server.0.parent_span_is_remote);
    assert_eq!(server.0.status, SpanStatus::Unset);
    let context = &client.0.span_context;
    let answer = answer.unwrap();
    let parent = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    assert_eq!(answer.parent, parent);
    assert_eq!(answer.tenant, "acme");
    assert!(server.0.span_context.trace_state().header().is_empty());
}

#[tokio::test]
async fn a_code_fails_the_client_and_only_its_own_fault_the_server() {
    for (code, name, fails_server) in [
        (Code::NotFound, "NOT_FOUND", false),
        (Code::Internal, "INTERNAL", true),
    ] {
        let (answer, trace) = ask(code).await;
        assert_eq!(answer.unwrap_err().code(), code);
        let client = trace.of_kind(&SpanKind::Client);
        let server = trace.of_kind(&SpanKind::Server);
        assert_eq!(client.text("error.type").as_deref(), Some(name));
        assert_eq!(client.0.status, SpanStatus::error("not placed"));
        assert_eq!(server.is_error(), fails_server, "{name}");
    }
}

/// An interceptor gets all requests of a client. It starts no span, and injects the current
/// context.
fn with_context(mut request: Request<()>) -> Result<Request<()>, Status> {
    traced::inject(request.metadata_mut());
    Ok(request)
}

#[traced(kind = "client")]
async fn intercepted(channel: Channel) -> Result<Placed, Status> {
    let mut grpc = Client::new(InterceptedService::new(channel, with_context));
    let ready = grpc.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = PathAndQuery::from_static("/shop.Orders/Place");
    let codec = ProstCodec::<Order, Placed>::default();
    let answer = grpc.unary(Request::new(Order { id: 0 }), path, codec);
    Ok(answer.await?.into_inner())
}

#[tokio::test]
async fn an_interceptor_passes_on_the_current_span() {
    let (answer, trace) = in_trace(2, intercepted(channel().await)).await;
    assert!(answer.is_ok());
    let server = trace.of_kind(&SpanKind::Server);
    assert!(server.is_child_of(trace.named("intercepted")));
}
