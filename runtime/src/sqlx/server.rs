//! The server of a pool, found out of the options that its connections are opened with.

use std::panic::AssertUnwindSafe;

use sqlx::Database;
use url::Url;

use crate::database::{Server, System};
use crate::panic_hook::catch_silently;

/// The server that connections are opened to.
///
/// The options of a driver are its own type, and all that every driver tells of them is a URL.
pub(super) fn of_options<DB: Database>(url: impl FnOnce() -> Url) -> Server {
    // sqlx panics if its URL is not valid: a driver need not have one, and that of a database in
    // memory, or of a user with a slash in the name, cannot be parsed.
    match catch_silently(AssertUnwindSafe(url)) {
        Ok(url) => Server::of_url(&url),
        Err(_) => of_driver::<DB>(),
    }
}

/// The attributes that only the driver knows.
pub(super) fn of_driver<DB: Database>() -> Server {
    Server::of(System::named(DB::NAME))
}
