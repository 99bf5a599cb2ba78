//! OTLP over gRPC, as tonic serves it.

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::metadata::KeyAndValueRef;
use tonic::{Request, Response, Status};

use super::{Answer, State};

/// Tonic's limit, above any message: faults limit messages, tonic does not.
pub(crate) const MOST: usize = 1 << 30;

pub(crate) fn service(state: State) -> TraceServiceServer<Service> {
    TraceServiceServer::new(Service(state))
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(MOST)
}

pub(crate) struct Service(State);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let entries = request.metadata().iter().filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => {
                Some((key.to_string(), value.to_str().ok()?.to_owned()))
            }
            KeyAndValueRef::Binary(..) => None,
        });
        let headers = entries.collect();
        let request = request.into_inner();
        let bytes = request.encoded_len();
        match self.0.answer("grpc", headers, request, bytes).await {
            Answer::Taken(response) => Ok(Response::new(response)),
            Answer::Unavailable => Err(Status::unavailable("busy")),
            Answer::Throttled => Err(Status::unavailable("slow down")),
            Answer::Invalid(words) => Err(Status::invalid_argument(words)),
            Answer::Refused(refusal) => Err(refusal.into()),
        }
    }
}
