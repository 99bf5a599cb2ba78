//! The mistakes in the lifetime of a span.

/// The mistake in the lifetime of the spans of a [`LongLived`](super::LongLived).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LongLivedKind {
    /// A span was open for longer than
    /// [`long_open`](crate::telemetry::TelemetryBuilder::long_open), and its parent was not open.
    OpenForLong,
    /// At least 10 spans started below a span that had ended, the last one at least 10 seconds after the first.
    StartedLate,
}
