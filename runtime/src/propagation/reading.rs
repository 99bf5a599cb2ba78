//! Adapts a carrier to OpenTelemetry's propagators.

use opentelemetry::propagation::Extractor;

use super::Carrier;

/// Implements OpenTelemetry's [`Extractor`] for a carrier.
pub(super) struct Reading<'c, C: ?Sized>(pub(super) &'c C);

impl<C: Carrier + ?Sized> Extractor for Reading<'_, C> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        Some(self.0.get_all(key)).filter(|values| !values.is_empty())
    }
}
