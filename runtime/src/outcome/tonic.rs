//! The answers of gRPC: which code is a failure, and whose.
//!
//! Specification: OpenTelemetry semantic conventions, *gRPC*, "gRPC status".

use opentelemetry::trace::SpanKind;
use tonic::{Code, Status};

use super::Outcome;
use crate::failure::Failure;

/// On a client everything but `OK` is a failure. On a server only what is its own fault:
/// `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`.
impl Outcome for Status {
    fn failure(&self) -> Option<Failure> {
        self.failure_on(&SpanKind::Server)
    }

    fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
        let is_failure = match self.code() {
            Code::Ok => false,
            Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => true,
            _ => *kind == SpanKind::Client,
        };
        is_failure.then(|| {
            Failure::of_error(self)
                .of_type_named(name(self.code()))
                .description(self.message())
        })
    }
}

/// The code as the specification of gRPC writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
