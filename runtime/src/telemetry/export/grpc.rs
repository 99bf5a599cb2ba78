//! OTLP over gRPC: a unary call over HTTP/2.
//!
//! A unary call is a request with five bytes before its message, and a response with a status in its
//! trailers. Nothing else of gRPC is needed, so it is implemented here with the same HTTP client as OTLP over HTTP:
//! tonic requires a newer Rust than `traced`, does not tell whether a connection was
//! refused or broken, and adds thirty dependencies.
//!
//! Specification: OTLP, "OTLP/gRPC"; gRPC, "gRPC over HTTP2".

use std::time::Duration;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use http_body_util::Full;
use prost::Message;
use tokio::time::Instant;

use super::answer::{self, Flaw, Received};
use super::client::{Client, Target};
use super::rpc_status::{RetryInfo, RpcStatus};
use super::send_error::{Accepted, Retry, SendError, SendErrorKind, is_about_size};
use super::signal::{Format, OtlpSignal};
use crate::percent_encoding;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The length of the prefix of a message: one byte for the compression flag, and four for the length.
const PREFIX: usize = 5;

/// Sends one encoded batch, which is compressed already if the target wants gzip.
pub(super) async fn send<S: OtlpSignal>(
    client: &Client,
    target: &Target,
    deadline: Instant,
    message: Bytes,
) -> Result<Accepted, SendError> {
    let request = request(target, deadline, &message);
    let answer = client.request(request).await;
    let (parts, body) = answer.map_err(|error| target.failure(&error))?.into_parts();
    if parts.headers.contains_key(GRPC_STATUS) {
        // A response of trailers only.
        status(&parts.headers)?;
    }
    let received = Received::read(body, true, deadline).await;
    if parts.status != StatusCode::OK {
        return Err(not_grpc(parts.status, &parts.headers, received));
    }
    check_status(&parts.headers, &received)?;
    Ok(match &received.flaw {
        Some(flaw) => Accepted::unread(flaw.to_string()),
        None => accepted::<S>(&received.body, &parts.headers),
    })
}

fn request(target: &Target, deadline: Instant, message: &Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(framed(message, target.gzip)));
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = target.uri.clone();
    *request.headers_mut() = target.headers.clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    // The header allows eight digits, which is more than a day in milliseconds.
    let timeout = deadline.saturating_duration_since(Instant::now());
    let millis = timeout.as_millis().clamp(1, 99_999_999);
    if let Ok(millis) = HeaderValue::from_str(&format!("{millis}m")) {
        headers.insert(GRPC_TIMEOUT, millis);
    }
    if target.gzip {
        headers.insert(GRPC_ENCODING, HeaderValue::from_static("gzip"));
    }
    request
}

/// Checks the status of the call, which is in the trailers, or in the headers if there are none.
fn check_status(headers: &HeaderMap, received: &Received) -> Result<(), SendError> {
    match (&received.trailers, &received.flaw) {
        (Some(trailers), flaw) => status(trailers).map_err(|failure| match flaw {
            // Specification: OTLP, "OTLP/gRPC Response": a response that is too large is not retried.
            Some(Flaw::TooLong) => SendError {
                retry: Retry::Never,
                ..failure
            },
            _ => failure,
        }),
        (None, None) => status(headers),
        // A failed call has no message, so a call with a long message has succeeded as far as is known.
        (None, Some(Flaw::TooLong)) => Ok(()),
        (None, Some(Flaw::Late)) => Err(SendError::new(SendErrorKind::TimedOut, Retry::Never, "")),
        (None, Some(Flaw::Broken(how))) => {
            Err(SendError::new(SendErrorKind::Broken, Retry::Backoff, how))
        }
    }
}

/// Reads the message of a successful call.
fn accepted<S: OtlpSignal>(body: &Bytes, headers: &HeaderMap) -> Accepted {
    let encoding = match body.first() {
        None => return Accepted::default(),
        Some(0) => None,
        // The request does not allow a compressed response, but some collectors compress it anyway.
        Some(_) => headers
            .get(GRPC_ENCODING)
            .and_then(|name| name.to_str().ok()),
    };
    match answer::plain(body.slice(PREFIX.min(body.len())..), encoding) {
        Ok(message) => answer::accepted::<S>(&message, Format::Protobuf),
        Err(why) => Accepted::unread(why),
    }
}

fn framed(message: &[u8], is_compressed: bool) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_u8(is_compressed.into());
    // The length of a batch of four gigabytes does not fit, but no collector accepts one.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

fn malformed(what: &str) -> SendError {
    SendError::new(SendErrorKind::Malformed, Retry::Never, what)
}

/// The failure of a server that speaks HTTP but not gRPC: a proxy, a load balancer, or the collector's HTTP port.
///
/// Specification: gRPC, "HTTP to gRPC Status Code Mapping".
fn not_grpc(status: StatusCode, headers: &HeaderMap, received: Received) -> SendError {
    let retry = answer::retry(status, headers, received.flaw.as_ref());
    let detail = answer::refusal(&received.body, None);
    SendError::new(SendErrorKind::Http(status), retry, detail)
}

/// Checks the status of the call.
fn status(trailers: &HeaderMap) -> Result<(), SendError> {
    let code = trailers
        .get(GRPC_STATUS)
        .and_then(|code| code.to_str().ok());
    let Some(code) = code.and_then(|code| code.parse::<i32>().ok()) else {
        return Err(malformed("an answer without `grpc-status`"));
    };
    if code == 0 {
        return Ok(());
    }
    let message = trailers.get(GRPC_MESSAGE).map(HeaderValue::as_bytes);
    let message = percent_encoding::decode(message.unwrap_or_default());
    let retry = match retry_delay(trailers) {
        None if is_too_large(code, &message) => Retry::Smaller,
        delay => retry(code, delay),
    };
    Err(SendError::new(SendErrorKind::Grpc(code), retry, message))
}

/// Whether the status means that a message is too large: most gRPC libraries use
/// `RESOURCE_EXHAUSTED`, which has other meanings too, and tonic uses `OUT_OF_RANGE`.
fn is_too_large(code: i32, message: &str) -> bool {
    const RESOURCE_EXHAUSTED: i32 = 8;
    const OUT_OF_RANGE: i32 = 11;
    match code {
        RESOURCE_EXHAUSTED => is_about_size(message),
        OUT_OF_RANGE => true,
        _ => false,
    }
}

/// Whether a code is retryable.
///
/// Specification: OTLP, "Failures".
fn retry(code: i32, delay: Option<Duration>) -> Retry {
    const CANCELLED: i32 = 1;
    const DEADLINE_EXCEEDED: i32 = 4;
    const RESOURCE_EXHAUSTED: i32 = 8;
    const ABORTED: i32 = 10;
    const OUT_OF_RANGE: i32 = 11;
    const UNAVAILABLE: i32 = 14;
    const DATA_LOSS: i32 = 15;
    match (code, delay) {
        (
            CANCELLED | DEADLINE_EXCEEDED | ABORTED | OUT_OF_RANGE | UNAVAILABLE | DATA_LOSS,
            None,
        ) => Retry::Backoff,
        (
            CANCELLED | DEADLINE_EXCEEDED | RESOURCE_EXHAUSTED | ABORTED | OUT_OF_RANGE
            | UNAVAILABLE | DATA_LOSS,
            Some(delay),
        ) => Retry::After(delay),
        _ => Retry::Never,
    }
}

/// `RetryInfo` among the details of the status.
fn retry_delay(trailers: &HeaderMap) -> Option<Duration> {
    // Binary headers may have padding or not.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let details = LENIENT.decode(trailers.get(GRPC_DETAILS)?).ok()?;
    let details = RpcStatus::decode(details.as_slice()).ok()?.details;
    let info = details
        .into_iter()
        .find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
    Some(Duration::new(
        delay.seconds.try_into().ok()?,
        delay.nanos.try_into().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::super::rpc_status::{Any, Delay};
    use super::*;

    fn with_delay(code: i32, delay: Delay) -> HeaderMap {
        let info = RetryInfo {
            retry_delay: Some(delay),
        };
        let status = RpcStatus {
            details: vec![Any {
                type_url: "type.googleapis.com/google.rpc.RetryInfo".into(),
                value: info.encode_to_vec(),
            }],
            ..RpcStatus::default()
        };
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, code.into());
        let details = STANDARD_NO_PAD.encode(status.encode_to_vec());
        trailers.insert(GRPC_DETAILS, details.parse().unwrap());
        trailers
    }

    #[test]
    fn the_codes_of_the_specification_are_tried_again() {
        let again: Vec<i32> = (1..17)
            .filter(|code| retry(*code, None) != Retry::Never)
            .collect();
        assert_eq!(again, [1, 4, 10, 11, 14, 15]);
    }

    #[test]
    fn an_exhausted_collector_is_tried_again_only_with_a_delay() {
        let delay = Delay {
            seconds: 1,
            nanos: 500_000_000,
        };
        let failure = status(&with_delay(8, delay)).unwrap_err();
        assert_eq!(failure.retry, Retry::After(Duration::from_millis(1500)));
        assert_eq!(retry(8, None), Retry::Never);
    }

    #[test]
    fn absurd_delays_do_not_overflow() {
        for (seconds, nanos) in [(i64::MAX, i32::MAX), (i64::MAX, 0), (0, i32::MAX)] {
            let failure = status(&with_delay(14, Delay { seconds, nanos })).unwrap_err();
            assert!(matches!(failure.retry, Retry::After(_)), "{failure:?}");
        }
        for (seconds, nanos) in [(i64::MIN, 0), (0, -1), (-1, i32::MIN)] {
            let failure = status(&with_delay(14, Delay { seconds, nanos })).unwrap_err();
            assert_eq!(failure.retry, Retry::Backoff);
        }
    }

    #[test]
    fn a_request_that_is_too_large_is_sent_in_halves() {
        let answer = |code: i32, message: &'static str| {
            let mut trailers = HeaderMap::new();
            trailers.insert(GRPC_STATUS, code.into());
            trailers.insert(GRPC_MESSAGE, HeaderValue::from_static(message));
            status(&trailers).unwrap_err().retry
        };
        for message in [
            "grpc: received message larger than max (5242880 vs. 4194304)",
            "gRPC message exceeds maximum size 4194304: 5242880",
            "Received message exceeds the maximum configured message size.",
        ] {
            assert_eq!(answer(8, message), Retry::Smaller, "{message}");
        }
        for message in [
            "sending queue is full",
            "data refused due to high memory usage",
            "ingestion rate limit (15000000 bytes) exceeded while adding 10 bytes",
        ] {
            assert_eq!(answer(8, message), Retry::Never, "{message}");
        }
        let tonic = "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes";
        assert_eq!(answer(11, tonic), Retry::Smaller);
        assert_eq!(answer(3, "too large"), Retry::Never);
    }

    #[test]
    fn a_message_is_percent_decoded() {
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, 3.into());
        trailers.insert(GRPC_MESSAGE, HeaderValue::from_static("no%20%C3%A4"));
        let failure = status(&trailers).unwrap_err();
        assert_eq!(
            (failure.detail.as_str(), failure.retry),
            ("no ä", Retry::Never)
        );
    }
}
