//! [`Outcome`] for gRPC statuses.
//!
//! Specification: OpenTelemetry semantic conventions, *gRPC*, "gRPC status".

use opentelemetry::trace::SpanKind;
use tonic::{Code, Status};

use super::Outcome;
use crate::failure::Failure;
use crate::grpc::{is_fault_of_server, status_code_name};

/// On a client every code but `OK` is a failure. On a server only the codes that are the fault of the server are
/// failures: `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`.
impl Outcome for Status {
    fn failure(&self) -> Option<Failure> {
        self.failure_on(&SpanKind::Server)
    }

    fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
        let is_failure = match kind {
            SpanKind::Client => self.code() != Code::Ok,
            _ => is_fault_of_server(self.code() as i32),
        };
        is_failure.then(|| {
            Failure::from_error(self)
                .with_error_type(grpc_code_name(self.code()))
                .with_message(self.message())
        })
    }
}

/// The name of a gRPC code as its specification writes it: the value of `rpc.status_code`, and the
/// `error.type` of a call that failed with it.
///
/// Specification: OpenTelemetry semantic conventions, *gRPC*, "gRPC status".
///
/// ```
/// use tonic::Status;
/// use traced::traced;
///
/// #[traced(kind = "client", on_err(|status| rpc.status_code = traced::grpc_code_name(status.code())))]
/// fn place(product: &str) -> Result<(), Status> {
///     Err(Status::out_of_range(product))
/// }
///
/// let (_, spans) = traced::testing::capture(|| place("teapot"));
/// assert!(spans.tree().contains("rpc.status_code=OUT_OF_RANGE error.type=OUT_OF_RANGE"));
/// ```
pub fn grpc_code_name(code: Code) -> &'static str {
    // The codes are numbered from 0 to 16.
    status_code_name(code as i32).unwrap_or("UNKNOWN")
}
