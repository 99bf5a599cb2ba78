//! The durations of functions: measured from the start of a call to its end, whether or not it has a span.
//!
//! Nothing here runs unless metrics are configured: the start of a span loads one byte, which it loads for
//! other reasons too ([`start_flags`]); without a provider, not even that.

mod functions;
mod meters;
mod outcome;

use std::sync::OnceLock;
use std::time::Instant;

use opentelemetry::ContextGuard;

pub(crate) use self::meters::{Remade, on_new_provider, own_meter, recorded_if_enabled};
pub use self::meters::{refresh_meter_provider, set_meter_provider};
use self::outcome::Outcome;
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::failure::{Failure, text};
use crate::{filter, scope_state, start_flags};

/// Starts or stops measuring, for calls that start from now on.
pub(crate) fn measure(is_enabled: bool) {
    functions::set_home();
    if start_flags::has(start_flags::MEASURES) == is_enabled {
        return;
    }
    start_flags::set(start_flags::MEASURES, is_enabled);
    // Call sites must decide anew whether their calls may be skipped.
    scope_state::next_generation_of_same_kind();
    filter::reapply();
    if is_enabled {
        refresh_meter_provider();
    }
}

/// The measurement of one call, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Measurement {
    site: &'static CallSite,
    since: Instant,
    outcome: OnceLock<Outcome>,
    /// The outcome that is assumed if none was set before the drop.
    unfinished: Outcome,
}

impl Measurement {
    /// `None` if calls are not measured, if this call site does not stand for a function, if telemetry is suppressed,
    /// or within the recording of a measurement.
    pub(crate) fn begin(site: &'static CallSite, stack: ContextStack) -> Option<Self> {
        let is_measured = start_flags::has(start_flags::MEASURES)
            && site.is_function()
            && !stack.is_suppressed()
            && !meters::is_recording();
        is_measured.then(|| Measurement {
            site,
            since: Instant::now(),
            outcome: OnceLock::new(),
            unfinished: Outcome::Cancelled,
        })
    }

    /// Marks the call as one of a sync function, which only a panic ends early.
    pub(crate) fn mark_as_call(&mut self) {
        self.unfinished = Outcome::Panicked;
    }

    /// Marks the call as a future, which may be dropped early.
    pub(crate) fn mark_as_future(&mut self) {
        self.unfinished = Outcome::Cancelled;
    }

    // The first outcome that is set counts.

    pub(crate) fn returned(&self) {
        let _ = self.outcome.set(Outcome::Returned);
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        let _ = self.outcome.set(Outcome::Failed(failure.measured_type()));
    }

    pub(crate) fn panicked(&self) {
        let _ = self.outcome.set(Outcome::Panicked);
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        let took = self.since.elapsed();
        let outcome = self.outcome.get().unwrap_or(&self.unfinished);
        if !meters::is_recording() {
            functions::record(self.site, took, outcome);
        }
    }
}

/// Until this is dropped, results are observed only for the type of their failures: no span is current on which the
/// user's expressions could record, and the texts of errors are left out. Functions that these expressions call have
/// their own spans, in the same trace, with the texts of their errors.
#[derive(Debug)]
pub(crate) struct Unrecorded {
    _context: Option<ContextGuard>,
    _text: text::LeftOut,
}

impl Unrecorded {
    #[cold]
    pub(crate) fn begin() -> Self {
        Unrecorded {
            _context: ContextStack::of_this_thread().and_then(ContextStack::attach_unrecorded),
            _text: text::LeftOut::begin(),
        }
    }
}
