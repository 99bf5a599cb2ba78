//! Recursive lookups of a tracer.
//!
//! A lookup allocates, and a user's allocator may be an annotated function, whose span would need a lookup
//! again. A function that is called during a lookup therefore has no span.

use std::cell::Cell;

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// A lookup on this thread, which lasts until it is dropped.
pub(crate) struct Lookup;

impl Lookup {
    /// `None` during another lookup of this thread.
    pub(crate) fn begin() -> Option<Self> {
        let is_looking = LOOKING.try_with(|looking| looking.replace(true));
        match is_looking {
            Ok(false) => Some(Lookup),
            // No guard is returned: its drop would end the outer lookup.
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
