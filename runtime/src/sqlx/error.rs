//! Records an error of sqlx on the span of its statement.

use std::borrow::Cow;

use sqlx::Error;

use crate::current_span::record;
use crate::failure::Failure;

/// The failure of a statement, whose code is recorded on the current span.
pub(super) fn failure(error: &Error) -> Failure {
    let failure = Failure::from_error(error);
    match error_type(error) {
        Some(error_type) => failure.with_error_type(error_type),
        None => failure,
    }
}

/// Records the database's error code on the current span, if there is one, and returns `error.type`.
///
/// Specification: OpenTelemetry semantic conventions, *Database client spans*: `error.type` is the code of
/// the database, if there is one.
pub(crate) fn error_type(error: &Error) -> Option<Cow<'static, str>> {
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) => {
            record(&mut |attributes| attributes.value("db.response.status_code", &code));
            Some(Cow::Owned(code.into_owned()))
        }
        None => class(error).map(Cow::Borrowed),
    }
}

/// The class of an error, as all errors of sqlx have one Rust type.
fn class(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Configuration(_) => "configuration",
        Error::Database(_) => "database",
        Error::Io(_) => "io",
        Error::Tls(_) => "tls",
        Error::Protocol(_) => "protocol",
        Error::RowNotFound => "row_not_found",
        Error::Encode(_) => "encode",
        Error::Decode(_) | Error::ColumnDecode { .. } => "decode",
        Error::PoolTimedOut => "pool_timed_out",
        Error::PoolClosed => "pool_closed",
        Error::WorkerCrashed => "worker_crashed",
        _ => return None,
    })
}
