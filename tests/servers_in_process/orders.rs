//! A gRPC service and its client, written by hand as `protoc` would write them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_util::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::client::{Grpc as Client, GrpcService};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{Body as ResponseBody, BoxFuture, Bytes, Service, StdError, http};
use tonic::server::{Grpc as Server, NamedService, ServerStreamingService, UnaryService};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

/// An order. Its id is the status code with which the call ends.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Order {
    #[prost(uint64, tag = "1")]
    pub(crate) id: u64,
}

impl Order {
    pub(crate) fn ending_with(code: Code) -> Self {
        Order { id: code as u64 }
    }

    pub(crate) fn code(&self) -> Code {
        Code::from(i32::try_from(self.id).unwrap())
    }
}

/// The server's view of its caller, sent back to the test.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Placed {
    #[prost(string, tag = "1")]
    pub(crate) parent: String,
    #[prost(string, tag = "2")]
    pub(crate) tenant: String,
}

pub(crate) type Placing = BoxFuture<Response<Placed>, Status>;

/// The service, with the function that answers `Place`.
#[derive(Clone)]
pub(crate) struct Orders(pub(crate) fn(Request<Order>) -> Placing);

impl NamedService for Orders {
    const NAME: &'static str = "shop.Orders";
}

impl UnaryService<Order> for Orders {
    type Response = Placed;
    type Future = Placing;

    fn call(&mut self, request: Request<Order>) -> Placing {
        self.0(request)
    }
}

struct Watch;

type Orderings = Pin<Box<dyn Stream<Item = Result<Placed, Status>> + Send>>;

/// Answers with one message. The stream then stays open, or ends with the code of the order if it has one.
impl ServerStreamingService<Order> for Watch {
    type Response = Placed;
    type ResponseStream = Orderings;
    type Future = BoxFuture<Response<Orderings>, Status>;

    fn call(&mut self, request: Request<Order>) -> Self::Future {
        let first = futures_util::stream::iter([Ok(Placed::default())]);
        let rest: Orderings = match request.get_ref().code() {
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
        let orders = self.clone();
        Box::pin(async move {
            let mut grpc = Server::new(ProstCodec::<Placed, Order>::default());
            Ok(match request.uri().path() {
                "/shop.Orders/Place" => grpc.unary(orders, request).await,
                "/shop.Orders/Watch" => grpc.server_streaming(Watch, request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}

/// Calls a method that answers once.
pub(crate) async fn call<T>(
    channel: T,
    path: &'static str,
    request: Request<Order>,
) -> Result<Placed, Status>
where
    T: GrpcService<Body, Error: Into<StdError>>,
    T::ResponseBody: ResponseBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    let mut grpc = Client::new(channel);
    let ready = grpc.ready().await.map_err(Into::<StdError>::into);
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = PathAndQuery::from_static(path);
    let answer = grpc.unary(request, path, ProstCodec::<Order, Placed>::default());
    Ok(answer.await?.into_inner())
}

/// Calls `Watch`, and returns its stream after the first message.
pub(crate) async fn watch<T>(channel: T, order: Order) -> Streaming<Placed>
where
    T: GrpcService<Body, Error: Into<StdError> + std::fmt::Debug>,
    T::ResponseBody: ResponseBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    let mut grpc = Client::new(channel);
    grpc.ready().await.unwrap();
    let path = PathAndQuery::from_static("/shop.Orders/Watch");
    let codec = ProstCodec::<Order, Placed>::default();
    let answer = grpc.server_streaming(Request::new(order), path, codec);
    let mut stream = answer.await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    stream
}
