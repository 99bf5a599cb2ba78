//! Closures that run elsewhere, in a span.

use std::sync::{Mutex, PoisonError};

use crate::carry::Captured;
use crate::failure::Failure;
use crate::span::{Deferred, run_with};

/// Finds the failure in the output of a task.
pub(crate) type Observe<R> = fn(&R) -> Option<Failure>;

pub(super) fn run_in<F: FnOnce() -> R, R>(
    span: Deferred,
    task: F,
    observe: Observe<R>,
) -> impl FnOnce() -> R + use<F, R> {
    let captured = Captured::now();
    move || {
        let _attached = captured.attach();
        run_with(span.enter(), task, observe)
    }
}

/// The span of a closure that may run many times: only its first run is in the span.
pub(super) struct FirstRun(Mutex<Option<Deferred>>);

impl FirstRun {
    pub(super) fn new(span: Deferred) -> Self {
        FirstRun(Mutex::new(Some(span)))
    }

    pub(super) fn run<R>(&self, task: impl FnOnce() -> R, observe: Observe<R>) -> R {
        let span = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match span {
            Some(span) => run_with(span.enter(), task, observe),
            None => task(),
        }
    }
}
