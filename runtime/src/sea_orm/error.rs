//! Records an error of sea-orm on the span of its statement.

use std::borrow::Cow;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::failure::Failure;
use crate::sqlx::error_type;

/// The failure of a statement, whose code is recorded on the current span.
pub(super) fn failure(error: &DbErr) -> Failure {
    let failure = Failure::from_error(error);
    let error_type = match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => error_type(error),
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Some(Cow::Borrowed("pool_timed_out")),
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => {
            Some(Cow::Borrowed("pool_closed"))
        }
        _ => None,
    };
    match error_type {
        Some(error_type) => failure.with_error_type(error_type),
        None => failure,
    }
}
