//! Boxes whose memory each thread keeps and reuses, so that a call that needs one does not allocate.

use std::cell::RefCell;
use std::mem;
use std::ops::{Deref, DerefMut};

/// How many spare boxes a thread keeps.
const MAX_SPARE: usize = 64;

/// The spare boxes of a thread.
pub(crate) type Spares<T> = RefCell<Vec<Box<T>>>;

/// A type of which each thread keeps spare boxes.
pub(crate) trait Reusable: Default + 'static {
    /// Runs `with` with the spare boxes; `None` if they are gone, as the thread is ending.
    fn with_spares<R>(with: impl FnOnce(&Spares<Self>) -> R) -> Option<R>;
}

/// A box that is kept for later when it is dropped.
#[derive(Debug)]
pub(crate) struct Reused<T: Reusable>(Option<Box<T>>);

impl<T: Reusable> Reused<T> {
    #[cold]
    pub(crate) fn new(value: T) -> Self {
        let spare = T::with_spares(|spares| spares.try_borrow_mut().ok()?.pop());
        Reused(Some(match spare.flatten() {
            Some(mut spare) => {
                *spare = value;
                spare
            }
            None => Box::new(value),
        }))
    }
}

impl<T: Reusable> Deref for Reused<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => unreachable!("taken out only by the drop"),
        }
    }
}

impl<T: Reusable> DerefMut for Reused<T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Some(value) => value,
            None => unreachable!("taken out only by the drop"),
        }
    }
}

impl<T: Reusable> Drop for Reused<T> {
    #[inline(never)]
    fn drop(&mut self) {
        let Some(mut spare) = self.0.take() else {
            return;
        };
        // Dropping the value may run a user's code, which must not happen inside the borrow below.
        drop(mem::take(&mut *spare));
        let mut spare = Some(spare);
        T::with_spares(|spares| {
            // A user's allocator may be an annotated function, so this may run inside another borrow.
            let mut spares = spares.try_borrow_mut().ok()?;
            if spares.len() < MAX_SPARE {
                spares.extend(spare.take());
            }
            Some(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static SPARES: Spares<u64> = const { RefCell::new(Vec::new()) };
    }

    impl Reusable for u64 {
        fn with_spares<R>(with: impl FnOnce(&Spares<u64>) -> R) -> Option<R> {
            SPARES.try_with(with).ok()
        }
    }

    #[test]
    fn a_box_is_used_again() {
        let first = Reused::new(7_u64);
        let address = std::ptr::from_ref::<u64>(&first).addr();
        drop(first);
        let second = Reused::new(8_u64);
        assert_eq!(std::ptr::from_ref::<u64>(&second).addr(), address);
        assert_eq!(*second, 8);
        assert_ne!(
            std::ptr::from_ref::<u64>(&Reused::new(9_u64)).addr(),
            address
        );
    }

    #[test]
    fn a_thread_keeps_a_bounded_number_of_boxes() {
        let many = Vec::from_iter((0..100).map(Reused::new));
        drop::<Vec<Reused<u64>>>(many);
        assert_eq!(SPARES.with(|spares| spares.borrow().len()), MAX_SPARE);
    }
}
