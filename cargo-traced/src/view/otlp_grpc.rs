//! Receives OTLP over gRPC.
//!
//! Specification: OTLP, "OTLP/gRPC".

use std::sync::Arc;

use axum::Router;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::intake::Intake;

struct Receiver(Arc<Intake>);

/// The services. tonic applies the size limit to a message before and after decompression.
pub(crate) fn router(intake: Arc<Intake>) -> Router {
    let limit = intake.max_message;
    let receiver = Arc::new(Receiver(intake));
    let traces = TraceServiceServer::from_arc(Arc::clone(&receiver));
    let logs = LogsServiceServer::from_arc(Arc::clone(&receiver));
    let metrics = MetricsServiceServer::from_arc(receiver);
    Routes::new(
        traces
            .max_decoding_message_size(limit)
            .accept_compressed(Gzip),
    )
    .add_service(
        logs.max_decoding_message_size(limit)
            .accept_compressed(Gzip),
    )
    .add_service(
        metrics
            .max_decoding_message_size(limit)
            .accept_compressed(Gzip),
    )
    .into_axum_router()
    // Every other path is answered with 404, over HTTP too.
    .reset_fallback()
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.spans(request.get_ref()).map_err(invalid)?;
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.0.logs(request.get_ref()).map_err(invalid)?;
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        _request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.0.metrics();
        Ok(Response::new(Default::default()))
    }
}

fn invalid(error: serde_json::Error) -> Status {
    Status::invalid_argument(format!("the message cannot be written as JSON: {error}"))
}
