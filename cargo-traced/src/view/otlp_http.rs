//! Receives OTLP over HTTP: protobuf and JSON, plain and with gzip.
//!
//! Specification: OTLP, "OTLP/HTTP".

use std::io::Read as _;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};

use super::intake::Intake;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

pub(crate) fn router(intake: Arc<Intake>) -> Router {
    Router::new()
        .route("/v1/traces", post(traces))
        .route("/v1/logs", post(logs))
        .route("/v1/metrics", post(metrics))
        .with_state(intake)
}

/// The encoding of a request's body, in which the answer is encoded too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Protobuf,
    Json,
}

/// The reason why a message was not accepted.
struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Refusal {
            status,
            message: message.into(),
        }
    }
}

/// `google.rpc.Status`, which the specification prescribes for a failure.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

async fn traces(State(intake): State<Arc<Intake>>, request: Request) -> Response {
    receive(&intake, request, |intake, body| {
        intake
            .spans(&ExportTraceServiceRequest::decode(body).map_err(invalid)?)
            .map_err(invalid)
    })
    .await
}

async fn logs(State(intake): State<Arc<Intake>>, request: Request) -> Response {
    receive(&intake, request, |intake, body| {
        intake
            .logs(&ExportLogsServiceRequest::decode(body).map_err(invalid)?)
            .map_err(invalid)
    })
    .await
}

async fn metrics(State(intake): State<Arc<Intake>>, request: Request) -> Response {
    intake.metrics();
    match encoding(request.headers()) {
        Some(encoding) => success(encoding),
        None => failure(Encoding::Protobuf, &unknown_type()),
    }
}

async fn receive(
    intake: &Intake,
    request: Request,
    protobuf: impl FnOnce(&Intake, Bytes) -> Result<(), Refusal>,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(encoding) = encoding(&parts.headers) else {
        return failure(Encoding::Protobuf, &unknown_type());
    };
    let take = async {
        let body = read(&parts.headers, body, intake.max_message).await?;
        match encoding {
            Encoding::Protobuf => protobuf(intake, body),
            Encoding::Json => {
                let value: Value = serde_json::from_slice(&body).map_err(invalid)?;
                if !value.is_object() {
                    return Err(invalid("the message is not a JSON object"));
                }
                intake.json(value);
                Ok(())
            }
        }
    };
    match take.await {
        Ok(()) => success(encoding),
        Err(refusal) => failure(encoding, &refusal),
    }
}

/// The body, decompressed, if both are within the limit.
async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let too_large = || {
        let message = format!("the message has more than {limit} bytes (`--max-message`)");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let body = to_bytes(body, limit).await.map_err(|error| {
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = source {
            // Only the text of the innermost error shows that the limit was exceeded.
            if error.to_string() == "length limit exceeded" {
                return too_large();
            }
            source = error.source();
        }
        invalid(error)
    })?;
    match headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes())
    {
        None | Some(b"identity") => Ok(body),
        Some(b"gzip") => {
            let mut plain = Vec::new();
            // A few bytes of gzip can decompress to gigabytes.
            let decoder = flate2::read::MultiGzDecoder::new(&body[..]);
            decoder
                .take(limit as u64 + 1)
                .read_to_end(&mut plain)
                .map_err(invalid)?;
            match plain.len() > limit {
                true => Err(too_large()),
                false => Ok(plain.into()),
            }
        }
        Some(_) => {
            let message = "the message is compressed in a way other than gzip";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
    }
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(PROTOBUF) {
        Some(Encoding::Protobuf)
    } else if essence.eq_ignore_ascii_case(JSON) {
        Some(Encoding::Json)
    } else {
        None
    }
}

fn unknown_type() -> Refusal {
    let message = format!("the Content-Type is neither {PROTOBUF} nor {JSON}");
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}

fn invalid(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        format!("the message cannot be read: {error}"),
    )
}

/// An answer without fields means that everything was accepted.
fn success(encoding: Encoding) -> Response {
    match encoding {
        Encoding::Protobuf => ([(header::CONTENT_TYPE, PROTOBUF)], Bytes::new()).into_response(),
        Encoding::Json => ([(header::CONTENT_TYPE, JSON)], "{}").into_response(),
    }
}

fn failure(encoding: Encoding, refusal: &Refusal) -> Response {
    // `INVALID_ARGUMENT` of gRPC.
    let (code, message) = (3, refusal.message.clone());
    let (kind, body) = match encoding {
        Encoding::Protobuf => (PROTOBUF, Status { code, message }.encode_to_vec()),
        Encoding::Json => (
            JSON,
            json!({"code": code, "message": message})
                .to_string()
                .into_bytes(),
        ),
    };
    (refusal.status, [(header::CONTENT_TYPE, kind)], body).into_response()
}
