//! Consumers that are told of spans at once: tests, the terminal, baggage attributes.

use std::fmt;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

use super::Record;

/// A consumer that is told of each recording span at once, as it starts and as it ends, on the
/// thread where that happens.
///
/// It is called with no lock held, so it may start spans.
pub(crate) trait Observer: fmt::Debug + Send + Sync {
    /// A span has started under `parent`; attributes can be added to it.
    fn started(&self, _span: &mut Record, _parent: &Context) {}

    /// A span has ended.
    fn ended(&self, _span: SpanData) {}

    /// Finishes what was begun.
    fn flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// The same, for the last time.
    fn shutdown(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
