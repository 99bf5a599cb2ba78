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
        match is_looking {
            Ok(false) => Some(Lookup),
            // Returns no guard, as its drop would end the outer call.
            _ => None,
        }
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        let _ = LOOKING.try_with(|looking| looking.set(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_within_another_is_refused_each_time() {
        let lookup = Lookup::begin();
        assert!(lookup.is_some());
        for _ in 0..3 {
            assert!(Lookup::begin().is_none());
        }
        drop(lookup);
        assert!(Lookup::begin().is_some());
    }
}
