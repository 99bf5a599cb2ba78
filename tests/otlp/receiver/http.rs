//! OTLP over HTTP, in protobuf and in JSON.

use std::io::Read;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Answer, State};

pub(crate) fn routes(state: State) -> Router {
    let export = post(export).layer(axum::extract::DefaultBodyLimit::disable());
    Router::new().route("/v1/traces", export).with_state(state)
}

async fn export(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let body = plain(&headers, &body);
    let (via, request) = match header(CONTENT_TYPE) {
        Some("application/json") => ("http/json", checked(&body)),
        Some("application/x-protobuf") => {
            let request = ExportTraceServiceRequest::decode(&body[..]);
            ("http/protobuf", request.map_err(|error| error.to_string()))
        }
        other => ("", Err(format!("content type {other:?}"))),
    };
    let request = match request {
        Ok(request) => request,
        Err(error) => return (StatusCode::UNSUPPORTED_MEDIA_TYPE, error).into_response(),
    };
    let entries = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    });
    match state
        .answer(via, entries.collect(), request, body.len())
        .await
    {
        Answer::Taken(response) if via == "http/json" => {
            let json = serde_json::to_string(&response).unwrap();
            ([(CONTENT_TYPE, "application/json")], json).into_response()
        }
        Answer::Taken(response) => {
            let protobuf = [(CONTENT_TYPE, "application/x-protobuf")];
            (protobuf, response.encode_to_vec()).into_response()
        }
        Answer::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Answer::Throttled => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "0")]).into_response(),
        Answer::Invalid(words) => (StatusCode::BAD_REQUEST, words).into_response(),
        Answer::Refused(refusal) => refusal.into_response(),
    }
}

/// The body, decompressed if it was compressed.
pub(crate) fn plain(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if encoding == "gzip" => {
            let mut plain = Vec::new();
            GzDecoder::new(body).read_to_end(&mut plain).unwrap();
            plain
        }
        _ => body.to_vec(),
    }
}

/// Checks the rules of the JSON encoding that decoders do not enforce: names in lowerCamelCase, ids
/// in hexadecimal, 64-bit numbers as strings, enumerations as numbers.
///
/// Specification: OTLP, "JSON Protobuf Encoding".
pub(crate) fn checked<R: DeserializeOwned>(body: &[u8]) -> Result<R, String> {
    let json: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    check("", &json)?;
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn check(key: &str, value: &Value) -> Result<(), String> {
    if key.contains('_') {
        return Err(format!("`{key}` is not in lowerCamelCase"));
    }
    let is_right = match key {
        // A log record outside any trace has an empty id.
        "traceId" => is_hex(value, 32) || is_hex(value, 0),
        "spanId" => is_hex(value, 16) || is_hex(value, 0),
        // A root span has an empty parent id, or leaves it out.
        "parentSpanId" => is_hex(value, 16) || is_hex(value, 0),
        "startTimeUnixNano"
        | "endTimeUnixNano"
        | "timeUnixNano"
        | "observedTimeUnixNano"
        | "intValue" => value.is_string(),
        "kind" | "code" | "flags" | "severityNumber" => value.is_u64(),
        _ => true,
    };
    if !is_right {
        return Err(format!("`{key}` is {value}"));
    }
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| check(key, value)),
        Value::Array(values) => values.iter().try_for_each(|value| check("", value)),
        _ => Ok(()),
    }
}

fn is_hex(value: &Value, length: usize) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit()))
}
