//! An OTLP receiver that keeps what the processes export.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::Failed;
use crate::spans::{self, Span};

/// The time after which missing spans are given up; far longer than spans ever take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
pub(crate) struct Receiver {
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Receiver {
    /// Starts a receiver on `address`.
    pub(crate) async fn start(address: SocketAddr) -> Result<Self, Failed> {
        let receiver = Receiver::default();
        let listener = TcpIncoming::from(TcpListener::bind(address).await?);
        let service = TraceServiceServer::new(receiver.clone());
        let server = Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(listener));
        Ok(receiver)
    }

    /// The spans that have arrived so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept().clone()
    }

    /// Waits until the spans are `as_expected`, or gives up; returns whether they are.
    pub(crate) async fn wait_until(&self, as_expected: impl Fn(&[Span]) -> bool) -> bool {
        let begin = Instant::now();
        while !as_expected(&self.kept()) {
            if begin.elapsed() > PATIENCE {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.kept().extend(spans::read(request.into_inner()));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
