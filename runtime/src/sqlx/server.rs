//! The server of a pool, from its connect options.

use std::panic::AssertUnwindSafe;

use sqlx::Database;
use url::Url;

use crate::database::{Server, System};
use crate::panic_hook::catch_silently;

/// The server in the connect options of a driver, which every driver can convert to a URL.
pub(super) fn of_options<DB: Database>(url: impl FnOnce() -> Url) -> Server {
    // sqlx panics if the URL is not valid: a driver need not have one, and that of an in-memory database, or of a
    // user with a slash in the name, cannot be parsed.
    match catch_silently(AssertUnwindSafe(url)) {
        Ok(url) => Server::of_url(&url),
        Err(_) => of_driver::<DB>(),
    }
}

/// A server of which only the driver is known.
pub(super) fn of_driver<DB: Database>() -> Server {
    Server::of(System::named(DB::NAME))
}
