//! Shuttle's primitives where `sink.rs` expects ours.

pub(super) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(super) use shuttle::sync::{Arc, MutexGuard};

/// A mutex of a process that is not forked.
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
