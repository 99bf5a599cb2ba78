//! The measurement of a future or a stream that is watched.

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

    /// Whether it is measured, and has neither a span nor a context of its own: its polls are in the current one.
    pub(crate) fn is_measured_alone(&self) -> bool {
        match &self.0 {
            Inner::Watched(watched) => watched.active.is_none(),
            _ => false,
        }
    }

    /// To observe an item that is not recorded; `None` if nobody wants to know.
    #[cfg(feature = "stream")]
    pub(crate) fn begin_observing_unrecorded(&self) -> Option<Observing> {
        #[cfg(feature = "metrics")]
        if self.measurement().is_some() {
            return Some(Observing::unrecorded());
        }
        None
    }

    /// An item failed.
    #[cfg(all(feature = "stream", feature = "metrics"))]
    pub(crate) fn note_failed(&self, failure: &Failure) {
        if let Some(measurement) = self.measurement() {
            measurement.failed(failure);
        }
    }
}

#[cfg(feature = "metrics")]
impl PollGuard<'_> {
    /// The inner future is ready, and is only measured.
    #[cold]
    pub(in crate::future) fn finish_alone(self, observe: &mut dyn FnMut() -> Option<Failure>) {
        if let Inner::Watched(watched) = &self.0.0 {
            watched.settle(None, false, observe);
        }
        self.0.0 = Inner::Without;
        self.end();
    }
}
