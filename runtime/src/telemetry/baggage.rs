//! Copies baggage to the attributes of spans.

use std::fmt;
use std::time::Duration;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::Span as _;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::recorder::{Observer, Record};

/// A span processor that copies entries of the baggage to the attributes of each span that starts.
///
/// Baggage comes with requests from any sender, so select only the keys that you need.
/// [`TelemetryBuilder::baggage_attributes`](super::TelemetryBuilder::baggage_attributes)
/// installs one.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use traced::telemetry::BaggageProcessor;
///
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(BaggageProcessor::new(|key| key == "tenant"))
///     .build();
/// # drop(provider);
/// ```
pub struct BaggageProcessor {
    is_copied: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

impl BaggageProcessor {
    /// A processor that copies the entries for whose keys `is_copied` returns true.
    ///
    /// ```
    /// let processor = traced::telemetry::BaggageProcessor::new(|key| key.starts_with("shop."));
    /// # drop(processor);
    /// ```
    pub fn new(is_copied: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        BaggageProcessor {
            is_copied: Box::new(is_copied),
        }
    }
}

impl fmt::Debug for BaggageProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaggageProcessor").finish_non_exhaustive()
    }
}

impl BaggageProcessor {
    fn attributes(&self, context: &Context) -> impl Iterator<Item = KeyValue> {
        let entries = context.baggage().iter();
        let copied = entries.filter(|(key, _)| (self.is_copied)(key.as_str()));
        copied.map(|(key, (value, _))| KeyValue::new(key.clone(), value.clone()))
    }
}

impl Observer for BaggageProcessor {
    fn started(&self, span: &mut Record, parent: &Context) {
        for attribute in self.attributes(parent) {
            span.set_attribute(attribute);
        }
    }
}

impl SpanProcessor for BaggageProcessor {
    fn on_start(&self, span: &mut Span, context: &Context) {
        for attribute in self.attributes(context) {
            span.set_attribute(attribute);
        }
    }

    fn on_end(&self, _span: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
