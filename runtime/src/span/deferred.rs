//! A span that starts later: when a future is first polled, or when a task runs.

use std::panic::{RefUnwindSafe, UnwindSafe};

use super::entered::Entered;
use super::start::{Hold, measured, start, start_with_options};
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::start_options::StartOptions;

/// A span that has not started, with options that were evaluated when it was deferred.
#[derive(Debug)]
pub struct Deferred {
    /// `None` if it is known that there will be no span.
    pub(crate) site: Option<&'static CallSite>,
    /// Boxed to keep futures small, as most spans have no options.
    pub(crate) options: Option<Box<StartOptions>>,
}

// Starting the span consumes it, so nobody sees it after a panic.
impl UnwindSafe for Deferred {}
impl RefUnwindSafe for Deferred {}

impl Deferred {
    /// Starts the span and makes it current until the result is dropped.
    pub fn enter(self) -> Entered {
        let mut entered = Entered::nothing();
        self.start(&mut entered);
        entered
    }

    /// Starts the span, if there is to be one, and gives it to `holder`.
    #[inline]
    pub(crate) fn start(self, holder: &mut impl Hold) {
        match (self.site, self.options) {
            (None, _) => {}
            (Some(site), None) => start(site, holder),
            (Some(site), Some(options)) => start_boxed(site, options, holder),
        }
    }
}

// Out of line, so that starting a span without options needs no stack frame for them.
#[inline(never)]
fn start_boxed(site: &'static CallSite, mut options: Box<StartOptions>, holder: &mut impl Hold) {
    let Some(stack) = ContextStack::of_this_thread() else {
        return;
    };
    measured(site, stack, holder, |candidate, holder| {
        start_with_options(site, candidate.as_ref(), &mut options, holder);
    });
}
