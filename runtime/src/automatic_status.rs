//! The status that a call site sets automatically. It does not replace a status that the body sets.

use std::cell::Cell;

use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt};

thread_local! {
    /// Set while a call site sets the status.
    static AUTOMATIC: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn set_automatic_status(context: &Context, description: String) {
    set_automatic(true);
    context.span().set_status(Status::error(description));
    set_automatic(false);
}

fn set_automatic(is_automatic: bool) {
    let _ = AUTOMATIC.try_with(|automatic| automatic.set(is_automatic));
}

/// Whether the status that is being set comes from the call site instead of the body.
pub(crate) fn is_automatic_status() -> bool {
    AUTOMATIC.try_with(Cell::get).unwrap_or(false)
}
