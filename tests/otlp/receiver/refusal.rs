//! Answers that ask for a pause or for smaller requests.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use prost::Message;
use tonic::{Code, Status};

use super::{Fault, State};

/// An answer to a request of either signal that is not accepted.
pub(crate) enum Refusal {
    Unavailable,
    Busy(u16, &'static str),
    TooLarge(usize, usize, Code),
}

impl State {
    /// Decides on a request of `bytes` bytes; `requests` of this signal came so far, this one
    /// included.
    pub(crate) fn refusal(&self, requests: u64, bytes: usize) -> Option<Refusal> {
        match self.fault {
            Fault::Busy(status, after) if requests == 1 => Some(Refusal::Busy(status, after)),
            Fault::AlwaysBusy(status, after) => Some(Refusal::Busy(status, after)),
            Fault::Small(most, code) if bytes > most => Some(Refusal::TooLarge(bytes, most, code)),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Refusal::Busy(status, after) => {
                let status = StatusCode::from_u16(status).unwrap();
                (status, [(RETRY_AFTER, after)]).into_response()
            }
            Refusal::TooLarge(..) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unavailable => Status::unavailable("busy"),
            Refusal::Busy(_, after) => {
                let seconds: u64 = after.parse().unwrap();
                let info = RetryInfo {
                    retry_delay: Some(Delay {
                        seconds: seconds.try_into().unwrap_or(i64::MAX),
                        nanos: 0,
                    }),
                };
                let status = RpcStatus {
                    details: vec![Any {
                        type_url: "type.googleapis.com/google.rpc.RetryInfo".into(),
                        value: info.encode_to_vec(),
                    }],
                };
                Status::with_details(Code::Unavailable, "busy", status.encode_to_vec().into())
            }
            Refusal::TooLarge(bytes, most, code) => Status::new(
                code,
                format!("grpc: received message larger than max ({bytes} vs. {most})"),
            ),
        }
    }
}

/// The fields of `google.rpc.Status` that the tests need.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}
