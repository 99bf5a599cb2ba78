//! gRPC with the layers of the client and the server.

use std::net::SocketAddr;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, SpanKind};
use opentelemetry::{Context, KeyValue};
use tokio::net::TcpListener;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use traced::testing::{assert_tree, capture_async, spans, traceparent};
use traced::traced;
use traced_servers_in_process::{attributes, ended, ended_alone, line, nobody};

use crate::orders::{Order, Orders, Placed, call, watch};

/// Answers with the tenant in the baggage.
#[traced]
async fn place(request: Request<Order>) -> Result<Response<Placed>, Status> {
    let code = request.get_ref().code();
    if code != Code::Ok {
        return Err(Status::new(code, "not placed: 50 %"));
    }
    let tenant = Context::current().baggage().get("tenant").cloned();
    let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
    Ok(Response::new(Placed {
        tenant,
        ..Placed::default()
    }))
}

async fn serve() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = traced::tower::server()
        .peer(|extensions| extensions.get::<TcpConnectInfo>()?.remote_addr());
    let server = tonic::transport::Server::builder()
        .layer(layer)
        .add_service(Orders(|request| Box::pin(place(request))));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

fn client(address: SocketAddr) -> traced::tower::Client<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let layer = traced::tower::client().server("127.0.0.1", address.port());
    layer.layer(endpoint.connect_lazy())
}

/// The context of a caller in another process.
fn caller() -> Context {
    let headers = vec![("traceparent".to_owned(), traceparent())];
    traced::extract(&headers).with_baggage([KeyValue::new("tenant", "acme")])
}

async fn ask(server: SocketAddr, path: &'static str, code: Code) -> Result<Placed, Status> {
    let request = Request::new(Order::ending_with(code));
    let answer = call(client(server), path, request);
    answer.with_context(caller()).await
}

#[traced::test]
#[tokio::test]
async fn a_call_is_two_spans_by_the_conventions_and_takes_the_baggage_along() {
    let address = serve().await;
    let answer = ask(address, "/shop.Orders/Place", Code::Ok).await.unwrap();
    assert_eq!(answer.tenant, "acme");
    let all = ended(3).await;
    assert_tree!(
        all,
        "
        shop.Orders/Place [client] rpc.status_code=OK unset !traced.cancelled
          shop.Orders/Place [server] rpc.status_code=OK unset !traced.cancelled
            place
        "
    );
    let client = all.find().kind(SpanKind::Client).one();
    let server = all.find().kind(SpanKind::Server).one();
    let port = address.port();
    assert_eq!(
        attributes(client),
        format!(
            "network.protocol.version=2
rpc.method=shop.Orders/Place
rpc.status_code=OK
rpc.system.name=grpc
server.address=127.0.0.1
server.port={port}"
        )
    );
    let attributes = attributes(server);
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
async fn every_error_fails_the_client_and_only_faults_of_the_server_fail_the_server() {
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
        let ask = async {
            let answer = ask(serve().await, "/shop.Orders/Place", code).await;
            assert_eq!(answer.unwrap_err().code(), code);
            ended(3).await
        };
        let (all, _) = capture_async(ask).await;
        let client = all.find().kind(SpanKind::Client).one();
        assert_eq!(line(client), of_client);
        let server = all.find().kind(SpanKind::Server).one();
        assert_eq!(line(server), of_server);
        // gRPC sends the message percent-encoded.
        assert!(format!("{:?}", client.status()).contains("not placed: 50 %"));
        assert!(client.attribute("error.type").is_some());
    }
}

#[traced::test]
#[tokio::test]
async fn a_call_of_an_unknown_method_has_a_span() {
    let address = serve().await;
    let answer = ask(address, "/shop.Stock/Count", Code::Ok).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    let spans = ended(2).await;
    for span in spans.iter() {
        assert_eq!(line(span), "shop.Stock/Count UNIMPLEMENTED error");
    }
}

#[traced::test]
#[tokio::test]
async fn a_server_that_is_not_there_fails_the_call_and_the_error_says_why() {
    let address = nobody().await;
    assert!(ask(address, "/shop.Orders/Place", Code::Ok).await.is_err());
    let span = ended_alone().await;
    assert_eq!(line(&span), "shop.Orders/Place error");
    assert!(
        format!("{:?}", span.events()).contains("onnection refused"),
        "{span:?}"
    );
}

#[traced::test]
#[tokio::test]
async fn the_status_of_a_stream_comes_with_its_end() {
    let address = serve().await;
    let stream = watch(client(address), Order::ending_with(Code::Unavailable));
    let mut stream = stream.with_context(caller()).await;
    assert_eq!(
        stream.message().await.unwrap_err().code(),
        Code::Unavailable
    );
    for span in ended(2).await.iter() {
        assert_eq!(line(span), "shop.Orders/Watch UNAVAILABLE error");
    }
}

#[traced::test]
#[tokio::test]
async fn a_stream_that_is_dropped_is_cancelled_on_both_sides() {
    let address = serve().await;
    let stream = watch(client(address), Order::ending_with(Code::Ok))
        .with_context(caller())
        .await;
    let so_far = spans();
    assert_eq!(
        (so_far.len(), so_far.open_names()),
        (0, vec!["shop.Orders/Watch"; 2])
    );
    drop(stream);
    for span in ended(2).await.iter() {
        assert_eq!(line(span), "shop.Orders/Watch cancelled");
    }
}
