//! OTLP over HTTP: one request, one answer.
//!
//! Specification: OTLP, "OTLP/HTTP".

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use prost::Message;

use super::client::{Client, Target};
use super::failure::{Accepted, Failure, Kind, Retry};
use super::grpc::RpcStatus;
use super::signal::{Format, Signal};

/// No answer is longer; the specification asks for a bound.
pub(super) const MAX_ANSWER: usize = 4 << 20;

/// Sends one encoded batch.
pub(super) async fn send<S: Signal>(
    client: &Client,
    target: &Target,
    format: Format,
    body: Bytes,
) -> Result<Accepted, Failure> {
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
    let (parts, body) = answer
        .map_err(|error| Failure::of_client(&error))?
        .into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await;
    let is_ok = parts.status.is_success();
    let body = match body {
        Ok(body) => body.to_bytes(),
        // The status has said it all.
        Err(_) if !is_ok => Bytes::new(),
        Err(error) => return Err(Failure::of_body(&*error)),
    };
    match is_ok {
        true => S::accepted(&body, format_of(&parts.headers).unwrap_or(format)),
        false => Err(refused(parts.status, &parts.headers, &body)),
    }
}

fn content_type(format: Format) -> HeaderValue {
    HeaderValue::from_static(match format {
        Format::Protobuf => "application/x-protobuf",
        Format::Json => "application/json",
    })
}

/// An answer comes in the format of the request; some collectors always answer in JSON.
fn format_of(headers: &HeaderMap) -> Option<Format> {
    let media = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    match media.split(';').next()?.trim() {
        "application/x-protobuf" => Some(Format::Protobuf),
        "application/json" => Some(Format::Json),
        _ => None,
    }
}

fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let retry = match status.as_u16() {
        429 | 502 | 503 | 504 => retry_after(headers).map_or(Retry::Backoff, Retry::After),
        _ => Retry::Never,
    };
    let detail = match format_of(headers) {
        Some(Format::Protobuf) => RpcStatus::decode(body).map(|status| status.message).ok(),
        Some(Format::Json) => {
            serde_json::from_slice(body)
                .ok()
                .and_then(|status: serde_json::Value| {
                    Some(status.get("message")?.as_str()?.to_owned())
                })
        }
        None => std::str::from_utf8(body).ok().map(ToOwned::to_owned),
    };
    Failure::new(Kind::Http(status), retry, detail.unwrap_or_default())
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn four_statuses_are_tried_again() {
        let again: Vec<u16> = (400..600)
            .filter(|status| {
                let status = StatusCode::from_u16(*status).unwrap();
                refused(status, &HeaderMap::new(), b"").retry != Retry::Never
            })
            .collect();
        assert_eq!(again, [429, 502, 503, 504]);
    }

    #[test]
    fn the_collector_says_when() {
        let seconds = headers(RETRY_AFTER, "7");
        assert_eq!(retry_after(&seconds), Some(Duration::from_secs(7)));
        let past = headers(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(RETRY_AFTER, "soon")), None);
    }

    #[test]
    fn the_collectors_words_are_found_in_each_format() {
        let words = |media, body: &[u8]| {
            refused(StatusCode::BAD_REQUEST, &headers(CONTENT_TYPE, media), body).detail
        };
        let status = RpcStatus {
            message: "no".into(),
            ..RpcStatus::default()
        };
        assert_eq!(
            words("application/x-protobuf", &status.encode_to_vec()),
            "no"
        );
        assert_eq!(words("application/json; a=b", br#"{"message":"no"}"#), "no");
        assert_eq!(words("text/plain", b"no"), "no");
    }
}
