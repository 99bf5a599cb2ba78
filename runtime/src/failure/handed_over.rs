//! A failure on its way from a call site to a span of our own provider, which records its event, its type and its
//! status at once. The API has a call under a lock for each of them, and wants a list of attributes for the event.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use opentelemetry::Context;

use super::Failure;
use crate::automatic_status::set_automatic_status;

thread_local! {
    /// No code of the user's runs while a failure is here, and it is always taken out again. A value without a
    /// destructor stays accessible to the very end of the thread.
    static HANDED_OVER: Cell<Option<ManuallyDrop<Failure>>> = const { Cell::new(None) };
}

/// Hands a failure over to the span of `context`; gives it back if that is not a span of our own that records.
pub(crate) fn hand_over(context: &Context, failure: Failure) -> Option<Failure> {
    let mut failure = Some(ManuallyDrop::new(failure));
    let _ = HANDED_OVER.try_with(|handed_over| handed_over.set(failure.take()));
    if failure.is_none() {
        // The span looks for the failure where its status is set automatically.
        set_automatic_status(context, String::new());
    }
    handed_over().or(failure.map(ManuallyDrop::into_inner))
}

/// The failure that was handed over just now: for a span whose status is set automatically.
pub(crate) fn handed_over() -> Option<Failure> {
    let failure = HANDED_OVER.try_with(Cell::take).ok().flatten();
    failure.map(ManuallyDrop::into_inner)
}

/// Whether the status that is set automatically stands for a failure, and says nothing itself.
pub(crate) fn is_handed_over() -> bool {
    let is_there = HANDED_OVER.try_with(|handed_over| {
        let failure = handed_over.take();
        let is_there = failure.is_some();
        handed_over.set(failure);
        is_there
    });
    is_there.unwrap_or(false)
}
