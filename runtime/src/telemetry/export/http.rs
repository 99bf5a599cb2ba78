//! OTLP over HTTP: one request and its response.
//!
//! Specification: OTLP, "OTLP/HTTP".

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use tokio::time::Instant;

use super::answer::{self, Flaw, Received};
use super::client::{Client, Target};
use super::send_error::{Accepted, Retry, SendError, SendErrorKind};
use super::signal::{Format, OtlpSignal};

/// Sends one encoded batch, which is compressed already if the target wants gzip.
pub(super) async fn send<S: OtlpSignal>(
    client: &Client,
    target: &Target,
    format: Format,
    deadline: Instant,
    body: Bytes,
) -> Result<Accepted, SendError> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.uri.clone();
    *request.headers_mut() = target.headers.clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, content_type(format));
    if target.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let answer = client.request(request).await;
    let (parts, body) = answer.map_err(|error| target.failure(&error))?.into_parts();
    let received = Received::read(body, false, deadline).await;
    match parts.status.is_success() {
        true => accepted::<S>(&parts.headers, received, format),
        false => Err(refused(parts.status, &parts.headers, received)),
    }
}

/// Reads the response to an accepted batch. As an accepted batch must not be sent again, a
/// faulty body is not a failure.
fn accepted<S: OtlpSignal>(
    headers: &HeaderMap,
    received: Received,
    format: Format,
) -> Result<Accepted, SendError> {
    // A gRPC port responds to an unknown request with the HTTP status 200 and the error in the gRPC status.
    let media = media_type(headers).unwrap_or_default();
    let refusal = headers.get("grpc-status").filter(|status| *status != "0");
    if media.starts_with("application/grpc") && refusal.is_some() {
        return Err(SendError::new(
            SendErrorKind::Malformed,
            Retry::Never,
            media,
        ));
    }
    if let Some(flaw) = received.flaw {
        return Ok(Accepted::unread(flaw.to_string()));
    }
    let body = match answer::plain(received.body, encoding(headers)) {
        Ok(body) => body,
        Err(why) => return Ok(Accepted::unread(why)),
    };
    let format = format_of(headers).unwrap_or(format);
    let mut accepted = answer::accepted::<S>(&body, format);
    if let Some(why) = &mut accepted.unread {
        if !media.is_empty() {
            why.push_str(&format!(" but {media}"));
        }
    }
    Ok(accepted)
}

fn encoding(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_ENCODING)?.to_str().ok()
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let media = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(media.split(';').next()?.trim())
}

fn content_type(format: Format) -> HeaderValue {
    HeaderValue::from_static(match format {
        Format::Protobuf => "application/x-protobuf",
        Format::Json => "application/json",
    })
}

/// The format of a response. It should be that of the request, but some collectors always respond in JSON.
fn format_of(headers: &HeaderMap) -> Option<Format> {
    let media = media_type(headers)?.to_ascii_lowercase();
    match media.as_str() {
        "application/x-protobuf" | "application/protobuf" => Some(Format::Protobuf),
        media if media == "application/json" || media.ends_with("+json") => Some(Format::Json),
        _ => None,
    }
}

fn refused(status: StatusCode, headers: &HeaderMap, received: Received) -> SendError {
    let retry = answer::retry(status, headers, received.flaw.as_ref());
    let detail = match (
        received.flaw,
        answer::plain(received.body, encoding(headers)),
    ) {
        (Some(flaw @ Flaw::TooLong), _) => flaw.to_string(),
        // The status is enough.
        (Some(_), _) | (None, Err(_)) => String::new(),
        (None, Ok(body)) => answer::refusal(&body, format_of(headers)),
    };
    SendError::new(SendErrorKind::Http(status), retry, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    fn whole(body: &'static [u8]) -> Received {
        Received {
            body: Bytes::from_static(body),
            trailers: None,
            flaw: None,
        }
    }

    #[test]
    fn four_statuses_are_tried_again() {
        let again: Vec<u16> = (400..600)
            .filter(|status| {
                let status = StatusCode::from_u16(*status).unwrap();
                refused(status, &HeaderMap::new(), whole(b"")).retry == Retry::Backoff
            })
            .collect();
        assert_eq!(again, [429, 502, 503, 504]);
    }

    #[test]
    fn a_response_that_is_too_large_is_not_retried() {
        let received = Received {
            flaw: Some(Flaw::TooLong),
            ..whole(b"")
        };
        let failure = refused(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new(), received);
        assert_eq!(failure.retry, Retry::Never);
    }

    #[test]
    fn the_collectors_message_is_read_in_each_format() {
        let words = |media, body: &'static [u8]| {
            let headers = headers(CONTENT_TYPE, media);
            refused(StatusCode::BAD_REQUEST, &headers, whole(body)).detail
        };
        assert_eq!(words("application/x-protobuf", b"\x12\x02no"), "no");
        assert_eq!(words("application/json; a=b", br#"{"message":"no"}"#), "no");
        assert_eq!(
            words("application/x-protobuf", br#"{"message":"no"}"#),
            "no"
        );
        assert_eq!(words("text/plain", b"no"), "no");
    }
}
