//! Lookups of a tracer that call the code which looks one up.
//!
//! A lookup allocates, and the allocator may be a user's annotated function: a function that is called
//! by a lookup has no span.

use std::cell::Cell;

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// A lookup under way on this thread, until it is dropped.
pub(crate) struct Lookup;

impl Lookup {
    /// `None` where a lookup is under way already.
    pub(crate) fn begin() -> Option<Self> {
        let is_looking = LOOKING.try_with(|looking| looking.replace(true));
        (!is_looking.unwrap_or(true)).then_some(Lookup)
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        let _ = LOOKING.try_with(|looking| looking.set(false));
    }
}
