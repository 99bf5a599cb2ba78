//! The rule for failures of HTTP, for the types of every crate.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "Status".

use opentelemetry::trace::SpanKind;

use crate::failure::Failure;

/// A failure if the status is 5xx, or 4xx on a span of the kind client. It has no message, as the status code says
/// everything.
pub(super) fn failure(status: u16, kind: &SpanKind) -> Option<Failure> {
    let first = match kind {
        SpanKind::Client => 400,
        _ => 500,
    };
    (status >= first).then(|| Failure::new(status.to_string()))
}
