//! gRPC clients and servers with `#[traced]`, without layers.

use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use tokio::net::TcpListener;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use traced::testing::{Spans, assert_tree, capture_async};
use traced::traced;
use traced_servers_in_process::ended;

use crate::orders::{self, Order, Orders, Placed};

const METHOD: &str = "shop.Orders/Place";

#[traced(
    name = METHOD,
    kind = "server",
    extract = request,
    attributes(rpc.system.name = "grpc", rpc.method = METHOD),
)]
async fn place(request: Request<Order>) -> Result<Response<Placed>, Status> {
    tokio::task::yield_now().await;
    let code = request.get_ref().code();
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

async fn channel() -> Channel {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        tonic::transport::Server::builder().add_service(Orders(|request| Box::pin(place(request))));
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
    orders::call(channel, "/shop.Orders/Place", request).await
}

#[traced]
async fn caller(request: Request<Order>) -> Result<Placed, Status> {
    call(channel().await, request).await
}

/// Calls the server, and returns the answer and the spans of the caller, the client and the server.
async fn ask(code: Code) -> (Result<Placed, Status>, Spans) {
    let mut request = Request::new(Order::ending_with(code));
    let metadata = request.metadata_mut();
    metadata.insert("x-tenant", "acme".parse().unwrap());
    metadata.insert("tracestate", "stale=1".parse().unwrap());
    let called = async { (caller(request).await, ended(3).await) };
    capture_async(called).await.0
}

#[tokio::test]
async fn a_call_is_one_trace_and_its_metadata_arrives() {
    let (answer, trace) = ask(Code::Ok).await;
    assert_tree!(
        trace,
        "
        caller
          shop.Orders/Place [client]
            shop.Orders/Place [server] unset
        "
    );
    let client = trace.find().kind(SpanKind::Client).one();
    let server = trace.find().kind(SpanKind::Server).one();
    assert!(server.data().parent_span_is_remote);
    let answer = answer.unwrap();
    assert_eq!(answer.parent, client.traceparent());
    assert_eq!(answer.tenant, "acme");
    assert!(server.data().span_context.trace_state().header().is_empty());
}

#[tokio::test]
async fn every_error_fails_the_client_and_only_faults_of_the_server_fail_the_server() {
    for (code, name, fails_server) in [
        (Code::NotFound, "NOT_FOUND", false),
        (Code::Internal, "INTERNAL", true),
    ] {
        let (answer, trace) = ask(code).await;
        assert_eq!(answer.unwrap_err().code(), code);
        let client = trace.find().kind(SpanKind::Client).one();
        let server = trace.find().kind(SpanKind::Server).one();
        assert_eq!(client.text("error.type"), name);
        assert_eq!(client.status(), &SpanStatus::error("not placed"));
        assert_eq!(server.has_failed(), fails_server, "{name}");
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
    let channel = InterceptedService::new(channel, with_context);
    let request = Request::new(Order::ending_with(Code::Ok));
    orders::call(channel, "/shop.Orders/Place", request).await
}

#[traced::test]
#[tokio::test]
async fn an_interceptor_passes_on_the_current_span() {
    assert!(intercepted(channel().await).await.is_ok());
    assert_tree!(
        ended(2).await,
        "
        intercepted [client]
          shop.Orders/Place [server]
        "
    );
}
