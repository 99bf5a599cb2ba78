//! The status that a call site sets automatically. It does not replace a status that the body sets.

use std::cell::Cell;

use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt};

thread_local! {
    /// Set while a call site sets the status.
    static AUTOMATIC: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn set_automatic_status(context: &Context, description: String) {
    let _automatic = Automatic::new();
    context.span().set_status(Status::error(description));
}

/// Marks the status that is being set as that of the call site. Dropped also if the provider panics.
struct Automatic;

impl Automatic {
    fn new() -> Self {
        let _ = AUTOMATIC.try_with(|automatic| automatic.set(true));
        Automatic
    }
}

impl Drop for Automatic {
    fn drop(&mut self) {
        let _ = AUTOMATIC.try_with(|automatic| automatic.set(false));
    }
}

/// Whether the status that is being set comes from the call site instead of the body.
pub(crate) fn is_automatic_status() -> bool {
    AUTOMATIC.try_with(Cell::get).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_after_a_panic_of_the_provider_is_not_automatic() {
        let panicked = std::panic::catch_unwind(|| {
            let _automatic = Automatic::new();
            assert!(is_automatic_status());
            std::panic::resume_unwind(Box::new(()))
        });
        assert!(panicked.is_err());
        assert!(!is_automatic_status());
    }
}
