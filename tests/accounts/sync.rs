//! The locks and atomics of shuttle, under the names that `sink.rs` imports.

pub(super) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(super) use shuttle::sync::{Arc, MutexGuard};

/// Unlike the one of `traced`, it does not detect a fork: no test here forks.
#[derive(Debug)]
pub(super) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(super) fn new(value: T) -> Self {
        Mutex(shuttle::sync::Mutex::new(value))
    }

    pub(super) fn lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.lock().ok()
    }
}
