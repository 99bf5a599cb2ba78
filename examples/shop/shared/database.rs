//! The meaning of database errors.

use sqlx::Error;

/// PostgreSQL's SQLSTATE of an error.
fn sqlstate(error: &Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Whether the same query may succeed a moment later.
pub fn is_passing(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut => true,
        // Conflicts with other transactions, locks, a restarting server.
        _ => sqlstate(error).is_some_and(|code| {
            code.starts_with("40") || code == "55P03" || code.starts_with("57P")
        }),
    }
}
