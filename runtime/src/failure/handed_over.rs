//! Passes a failure from a call site to a span of our own provider, which records its event, its type and its
//! status in one call. OpenTelemetry's API takes three calls, each under a lock, and a `Vec` of event attributes.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use opentelemetry::Context;

use super::Failure;
use crate::automatic_status::set_automatic_status;

thread_local! {
    /// The failure that is being passed. No user code runs meanwhile, and it is always taken out again. As
    /// `ManuallyDrop` needs no destructor, the value stays accessible while the thread ends.
    static HANDED_OVER: Cell<Option<ManuallyDrop<Failure>>> = const { Cell::new(None) };
}

/// Passes a failure to the span of `context`; returns it if that span does not record or is not of our provider.
pub(crate) fn hand_over(context: &Context, failure: Failure) -> Option<Failure> {
    let mut failure = Some(ManuallyDrop::new(failure));
    let _ = HANDED_OVER.try_with(|handed_over| handed_over.set(failure.take()));
    if failure.is_none() {
        // A span of ours takes the failure when an automatic status is set.
        set_automatic_status(context, String::new());
    }
    handed_over().or(failure.map(ManuallyDrop::into_inner))
}

/// Takes the failure that is being passed; called by a span whose status is set automatically.
pub(crate) fn handed_over() -> Option<Failure> {
    let failure = HANDED_OVER.try_with(Cell::take).ok().flatten();
    failure.map(ManuallyDrop::into_inner)
}

/// Whether the automatic status that is being set stands for a failure and has no description of its own.
pub(crate) fn is_handed_over() -> bool {
    let is_there = HANDED_OVER.try_with(|handed_over| {
        let failure = handed_over.take();
        let is_there = failure.is_some();
        handed_over.set(failure);
        is_there
    });
    is_there.unwrap_or(false)
}
