//! A span that starts later: when a future is first polled, or a task runs.

use std::panic::{RefUnwindSafe, UnwindSafe};

use super::entered::Entered;
use super::start::{Hold, measured, start, start_with_options};
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::start_options::StartOptions;

/// A span that has not started, with the options that were evaluated already.
#[derive(Debug)]
pub struct Deferred {
    /// `None` where it is known that there will be no span.
    pub(crate) site: Option<&'static CallSite>,
    /// In a box, as most spans have no options and every future would carry the space.
    pub(crate) options: Option<Box<StartOptions>>,
}

// The start of the span consumes it.
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

// Out of line, as most spans have no options, and their starts should not pay for its stack frame.
#[inline(never)]
fn start_boxed(site: &'static CallSite, mut options: Box<StartOptions>, holder: &mut impl Hold) {
    let Some(stack) = ContextStack::of_this_thread() else {
        return;
    };
    measured(site, stack, holder, |candidate, holder| {
        start_with_options(site, candidate.as_ref(), &mut options, holder);
    });
}
