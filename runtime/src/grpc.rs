//! The status codes of gRPC.

/// The name of a status code; `None` for a number that is not a code.
///
/// Specification: gRPC, "Status codes and their use in gRPC".
pub(crate) fn status_code_name(code: i32) -> Option<&'static str> {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    NAMES.get(usize::try_from(code).ok()?).copied()
}

/// Whether a code is the fault of the server, and not of the caller.
///
/// Specification: OpenTelemetry semantic conventions, *gRPC*, "gRPC status".
#[cfg(any(feature = "tonic", feature = "tower"))]
pub(crate) fn is_fault_of_server(code: i32) -> bool {
    // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
    [2, 4, 12, 13, 14, 15].contains(&code)
}
