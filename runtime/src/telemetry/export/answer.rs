//! Reads the body of a collector's response, in protobuf or JSON.
//!
//! The status of a response tells whether a batch was accepted; the body only adds details. So nothing in a
//! body is an error: what cannot be read is noted.
//!
//! Specification: OTLP, "Partial Success" and "Failures"; Protocol Buffers, "`ProtoJSON` Format".

use std::fmt;
use std::io::Read;
use std::time::{Duration, SystemTime};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use prost::Message;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::rpc_status::RpcStatus;
use super::send_error::{Accepted, Retry, innermost};
use super::signal::{Format, OtlpSignal};

/// The greatest size of a response in bytes, compressed or not; the specification requires a limit.
const MAX_ANSWER: usize = 4 << 20;

/// How many bytes of a longer response are read and discarded, to get to the trailers, which hold the status
/// of a gRPC call.
const MAX_SKIPPED: usize = 16 * MAX_ANSWER;

/// The part of a body that was received.
#[derive(Debug)]
pub(super) struct Received {
    /// The whole body, unless there is a `flaw`.
    pub(super) body: Bytes,
    pub(super) trailers: Option<HeaderMap>,
    pub(super) flaw: Option<Flaw>,
}

/// Why a body was not received completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    TooLong,
    /// The body had not ended at the deadline.
    Late,
    /// The connection broke, with the error.
    Broken(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::TooLong => f.write_str(TOO_LONG),
            Flaw::Late => f.write_str("its answer did not end in time"),
            Flaw::Broken(how) => write!(f, "the connection broke in its answer: {how}"),
        }
    }
}

impl Received {
    /// Reads a body up to [`MAX_ANSWER`]. If it is longer and `to_trailers` is set, reads on to the trailers.
    pub(super) async fn read<B>(mut body: B, to_trailers: bool, deadline: Instant) -> Self
    where
        B: BodyExt<Data = Bytes> + Unpin,
        B::Error: std::error::Error + 'static,
    {
        let mut received = Received {
            body: Bytes::new(),
            trailers: None,
            flaw: None,
        };
        let (mut kept, mut skipped) = (BytesMut::new(), 0);
        loop {
            let frame = match timeout_at(deadline, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(None) => break,
                Ok(Some(Err(error))) => {
                    received.note_flaw(Flaw::Broken(innermost(&error)));
                    break;
                }
                Err(_) => {
                    received.note_flaw(Flaw::Late);
                    break;
                }
            };
            match frame.into_data() {
                Ok(data) if skipped == 0 && kept.len() + data.len() <= MAX_ANSWER => kept.put(data),
                Ok(data) => {
                    received.note_flaw(Flaw::TooLong);
                    skipped += data.len();
                    if !to_trailers || skipped > MAX_SKIPPED {
                        break;
                    }
                }
                Err(frame) => received.trailers = frame.into_trailers().ok(),
            }
        }
        if received.flaw.is_none() {
            received.body = kept.freeze();
        }
        received
    }

    /// Notes a flaw. The first one is kept, as later ones may follow from it.
    fn note_flaw(&mut self, flaw: Flaw) {
        self.flaw.get_or_insert(flaw);
    }
}

/// Decompresses a body if `encoding` says that it is compressed, up to [`MAX_ANSWER`].
///
/// # Errors
///
/// Why it cannot be read, for a message.
pub(super) fn plain(body: Bytes, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding.map(str::trim) {
        None => Ok(body),
        Some(name) if name.is_empty() || name.eq_ignore_ascii_case("identity") => Ok(body),
        Some(name)
            if ["gzip", "x-gzip"]
                .iter()
                .any(|gzip| name.eq_ignore_ascii_case(gzip)) =>
        {
            let mut plain = Vec::new();
            let bound = MAX_ANSWER as u64;
            let read = MultiGzDecoder::new(&body[..])
                .take(bound + 1)
                .read_to_end(&mut plain);
            match read {
                Ok(_) if plain.len() > MAX_ANSWER => Err(TOO_LONG.to_owned()),
                Ok(_) => Ok(plain.into()),
                Err(error) => Err(format!("its answer cannot be decompressed: {error}")),
            }
        }
        Some(name) => Err(format!("its answer is compressed with `{name}`")),
    }
}

const TOO_LONG: &str = "its answer is longer than 4 MiB and was discarded";

/// The response for any signal: their messages differ only in names, which protobuf does not encode.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    /// Bytes, so that a message that is not UTF-8 does not make the count unreadable.
    #[prost(bytes = "vec", tag = "2")]
    error_message: Vec<u8>,
}

/// The counts in the body of a response to an accepted batch; `format` is tried first.
pub(super) fn accepted<S: OtlpSignal>(body: &[u8], format: Format) -> Accepted {
    if body.trim_ascii().is_empty() {
        return Accepted::default();
    }
    let read = match format {
        Format::Protobuf => of_protobuf(body).or_else(|| of_json::<S>(body)),
        Format::Json => of_json::<S>(body).or_else(|| of_protobuf(body)),
    };
    read.unwrap_or_else(|| Accepted::unread("its answer is not OTLP"))
}

fn of_protobuf(body: &[u8]) -> Option<Accepted> {
    let partial = ExportResponse::decode(body).ok()?.partial_success;
    let partial = partial.unwrap_or_default();
    Some(Accepted {
        // A negative count has no meaning.
        rejected: partial.rejected.try_into().unwrap_or(0),
        message: String::from_utf8_lossy(&partial.error_message).into_owned(),
        unread: None,
    })
}

/// Unknown members are ignored, `null` counts as absent, and names may be written as in the
/// `.proto` file.
fn of_json<S: OtlpSignal>(body: &[u8]) -> Option<Accepted> {
    let json = json(body)?;
    let partial = match member(&json, ["partialSuccess", "partial_success"]) {
        None => return Some(Accepted::default()),
        Some(partial) => partial.is_object().then_some(partial)?,
    };
    let rejected = match member(partial, S::REJECTED) {
        None => 0,
        Some(count) => int64(count)?,
    };
    let message = member(partial, ["errorMessage", "error_message"]);
    Some(Accepted {
        rejected: rejected.try_into().unwrap_or(0),
        message: message.map(text).unwrap_or_default(),
        unread: None,
    })
}

/// An object in JSON.
fn json(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    json.is_object().then_some(json)
}

fn member<'v>(object: &'v Value, names: [&str; 2]) -> Option<&'v Value> {
    let found = names.into_iter().filter_map(|name| object.get(name));
    found.into_iter().find(|value| !value.is_null())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A 64-bit integer: a number or a string, possibly with an exponent.
fn int64(value: &Value) -> Option<i64> {
    let whole = |number: f64| (number.fract() == 0.0).then_some(number as i64);
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        _ => None,
    }
}

/// The message in the body of an error response: that of a `google.rpc.Status` in either format, or the whole text.
pub(super) fn refusal(body: &[u8], format: Option<Format>) -> String {
    let of_protobuf = || {
        let status = RpcStatus::decode(body).ok()?;
        let is_empty = status.message.is_empty() && status.code == 0;
        (!is_empty).then(|| String::from_utf8_lossy(&status.message).into_owned())
    };
    let of_json = || {
        let json = json(body)?;
        // Gateways wrap a status in a member `error`.
        let status = match json.get("error") {
            Some(inner @ Value::Object(_)) => inner,
            Some(Value::String(error)) if json.get("message").is_none() => {
                return Some(error.clone());
            }
            _ => &json,
        };
        status
            .get("message")
            .filter(|message| !message.is_null())
            .map(text)
    };
    let of_text = || std::str::from_utf8(body).map(str::to_owned).ok();
    let read = match format {
        Some(Format::Protobuf) => of_protobuf().or_else(of_json),
        Some(Format::Json) => of_json().or_else(of_protobuf),
        // Only if there are binary bytes, as a text could be mistaken for protobuf.
        None if body.iter().any(|byte| is_binary(*byte)) => of_protobuf(),
        None => of_json(),
    };
    read.or_else(of_text).unwrap_or_default()
}

fn is_binary(byte: u8) -> bool {
    byte.is_ascii_control() && !byte.is_ascii_whitespace()
}

/// Whether to send a batch again that was refused with a status of HTTP.
///
/// Specification: OTLP, "OTLP/HTTP Response". For gRPC it is the status of a proxy, and retried alike.
pub(super) fn retry(status: StatusCode, headers: &HeaderMap, flaw: Option<&Flaw>) -> Retry {
    match status.as_u16() {
        413 => Retry::Smaller,
        // By the specification a response that is too large is not retried.
        _ if flaw == Some(&Flaw::TooLong) => Retry::Never,
        429 | 502 | 503 | 504 => retry_after(headers).map_or(Retry::Backoff, Retry::After),
        _ => Retry::Never,
    }
}

/// The header `Retry-After`: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A number of seconds that does not fit.
        Err(_) if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Duration::MAX)
        }
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests;
