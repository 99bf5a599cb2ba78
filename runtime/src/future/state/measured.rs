//! The measurement of a future or a stream.

#[cfg(feature = "metrics")]
use super::PollGuard;
use super::{Inner, SpanState};
#[cfg(feature = "metrics")]
use crate::failure::Failure;
#[cfg(feature = "metrics")]
use crate::metrics::Measurement;
#[cfg(feature = "stream")]
use crate::span::Observing;

impl SpanState {
    #[cfg(feature = "metrics")]
    pub(super) fn measurement(&self) -> Option<&Measurement> {
        match &self.0 {
            Inner::Watched(watched) => watched.measurement.as_ref(),
            _ => None,
        }
    }

    /// Whether it is measured but has neither a span nor a context of its own.
    pub(crate) fn is_measured_alone(&self) -> bool {
        match &self.0 {
            Inner::Watched(watched) => watched.active.is_none(),
            _ => false,
        }
    }

    /// Begins observing an item that is not recorded; `None` if it is not measured either.
    #[cfg(feature = "stream")]
    pub(crate) fn begin_observing_unrecorded(&self) -> Option<Observing> {
        #[cfg(feature = "metrics")]
        if self.measurement().is_some() {
            return Some(Observing::unrecorded());
        }
        None
    }

    /// Notes that an item failed.
    #[cfg(all(feature = "stream", feature = "metrics"))]
    pub(crate) fn note_failed(&self, failure: &Failure) {
        if let Some(measurement) = self.measurement() {
            measurement.failed(failure);
        }
    }
}

#[cfg(feature = "metrics")]
impl PollGuard<'_> {
    /// Ends a future that is only measured, after it was ready.
    #[cold]
    pub(in crate::future) fn finish_alone(self, observe: &mut dyn FnMut() -> Option<Failure>) {
        if let Inner::Watched(watched) = &self.0.0 {
            watched.settle(None, false, observe);
        }
        self.0.0 = Inner::Without;
        self.end();
    }
}
