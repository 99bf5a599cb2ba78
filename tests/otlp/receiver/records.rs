//! Log records, over all three protocols.

use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Status};

use super::grpc::MOST;
use super::http::{checked, plain};
use super::refusal::Refusal;
use super::{Fault, State};

/// A log record, with the resource and scope it arrived with.
#[derive(Debug, Clone)]
pub struct ReceivedRecord {
    /// The protocol, as `OTEL_EXPORTER_OTLP_PROTOCOL` calls it.
    pub via: &'static str,
    /// The resource of the process that sent it.
    pub resource: Resource,
    /// The scope that made the record.
    pub scope: InstrumentationScope,
    /// The log record.
    pub record: LogRecord,
}

impl State {
    /// Plays those faults that depend on the content of the request.
    async fn answer_records(
        &self,
        via: &'static str,
        request: ExportLogsServiceRequest,
        bytes: usize,
    ) -> Result<ExportLogsServiceResponse, Refusal> {
        let requests = {
            let mut seen = self.seen();
            seen.record_requests += 1;
            seen.arrivals.push((Instant::now(), bytes));
            seen.record_requests
        };
        if let Some(refusal) = self.refusal(requests, bytes) {
            return Err(refusal);
        }
        let rejected = match self.fault {
            Fault::Healthy | Fault::Busy(..) | Fault::AlwaysBusy(..) | Fault::Small(..) => 0,
            Fault::Partial => 1,
            Fault::Hanging => std::future::pending().await,
            _ => return Err(Refusal::Unavailable),
        };
        let mut received = Vec::new();
        for resource in request.resource_logs {
            for scope in resource.scope_logs {
                received.extend(scope.log_records.into_iter().map(|record| ReceivedRecord {
                    via,
                    resource: resource.resource.clone().unwrap_or_default(),
                    scope: scope.scope.clone().unwrap_or_default(),
                    record,
                }));
            }
        }
        received.truncate(received.len() - rejected);
        self.seen().records.extend(received);
        Ok(ExportLogsServiceResponse {
            partial_success: (rejected > 0).then(|| ExportLogsPartialSuccess {
                rejected_log_records: 1,
                error_message: "one too many".into(),
            }),
        })
    }
}

pub(crate) fn service(state: State) -> LogsServiceServer<Service> {
    LogsServiceServer::new(Service(state))
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(MOST)
}

pub(crate) struct Service(State);

#[tonic::async_trait]
impl LogsService for Service {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, Status> {
        let request = request.into_inner();
        let bytes = request.encoded_len();
        let answer = self.0.answer_records("grpc", request, bytes).await?;
        Ok(tonic::Response::new(answer))
    }
}

pub(crate) fn routes(state: State) -> Router {
    let export = post(export).layer(axum::extract::DefaultBodyLimit::disable());
    Router::new().route("/v1/logs", export).with_state(state)
}

async fn export(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    let body = plain(&headers, &body);
    let is_json = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json");
    let request = match is_json {
        true => checked(&body),
        false => ExportLogsServiceRequest::decode(&body[..]).map_err(|error| error.to_string()),
    };
    let request = match request {
        Ok(request) => request,
        Err(error) => return (StatusCode::UNSUPPORTED_MEDIA_TYPE, error).into_response(),
    };
    let via = if is_json {
        "http/json"
    } else {
        "http/protobuf"
    };
    match state.answer_records(via, request, body.len()).await {
        Err(refusal) => refusal.into_response(),
        Ok(answer) if is_json => {
            let json = serde_json::to_string(&answer).unwrap();
            ([(CONTENT_TYPE, "application/json")], json).into_response()
        }
        Ok(answer) => {
            let protobuf = [(CONTENT_TYPE, "application/x-protobuf")];
            (protobuf, answer.encode_to_vec()).into_response()
        }
    }
}
