// depends: tonic
//! Nothing exports the spans of `tracing`.

struct Mine;

#[tonic::async_trait]
impl greeter_server::Greeter for Mine {
    async fn hello(&self, request: Request<Hello>) -> Result<Response<Answer>, Status> { //~ entry_point
        todo!()
    }
}

async fn serve() {
    Server::builder()
        .trace_fn(|request| tracing::info_span!("grpc", path = request.uri().path()))
        .add_service(greeter_server::GreeterServer::new(Mine))
        .serve(address())
        .await;
}

fn main() {
    serve();
}
