//! Reads a context from a carrier.

#[cfg(feature = "init")]
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Context, global};

use super::Carrier;
use super::reading::Reading;
use super::remote_span_context::remote_span_context;
use crate::current_context;

/// The current context with the remote parent and the baggage in `carrier`.
///
/// Without a trace in the carrier, or without a propagator, this is the current context.
///
/// Specification: OpenTelemetry, *Context*, "Propagators API".
///
/// ```
/// use std::collections::HashMap;
/// use traced::opentelemetry::trace::TraceContextExt as _;
///
/// traced::propagation::use_w3c();
/// let headers = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
/// )]);
/// let caller = traced::extract(&headers);
/// assert_eq!(caller.span().span_context().span_id().to_string(), "00f067aa0ba902b7");
/// ```
pub fn extract<C: Carrier + ?Sized>(carrier: &C) -> Context {
    let current = current_context::current();
    global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&current, &Reading(carrier))
    })
}

/// The context in `carrier`, as these propagators read it; the current context is not used.
#[cfg(feature = "init")]
pub(crate) fn context_in<C: Carrier + ?Sized>(
    carrier: &C,
    propagators: &[Box<dyn TextMapPropagator + Send + Sync>],
) -> Context {
    propagators
        .iter()
        .fold(Context::new(), |context, propagator| {
            propagator.extract_with_context(&context, &Reading(carrier))
        })
}

/// The `traceparent` headers in `carrier` if no span could be read from them, for the attribute that shows which
/// header broke the trace.
pub(crate) fn ignored_parent<C: Carrier + ?Sized>(carrier: &C) -> Option<String> {
    const KEY: &str = "traceparent";
    /// Slightly more than the length of a valid header.
    const SHOWN: usize = 64;

    let is_read =
        global::get_text_map_propagator(|propagator| propagator.fields().any(|field| field == KEY));
    let headers = carrier.get_all(KEY);
    if !is_read || headers.is_empty() || remote_span_context(carrier).is_some() {
        return None;
    }
    Some(headers.join(",").chars().take(SHOWN).collect())
}

#[cfg(all(test, feature = "init"))]
mod tests {
    use opentelemetry::baggage::BaggageExt as _;
    use opentelemetry::trace::TraceContextExt as _;

    use super::super::{BaggagePropagator, TraceContextPropagator};
    use super::*;

    #[test]
    fn each_propagator_adds_what_it_reads() {
        let headers = vec![
            (
                "traceparent".to_owned(),
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
            ),
            ("baggage".to_owned(), "tenant=7".to_owned()),
        ];
        let propagators: [Box<dyn TextMapPropagator + Send + Sync>; 2] = [
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ];
        let context = context_in(&headers, &propagators);
        let parent = context.span().span_context().span_id().to_string();
        assert_eq!(parent, "00f067aa0ba902b7");
        assert_eq!(context.baggage().len(), 1);
        assert_eq!(context_in(&headers, &[]).baggage().len(), 0);
    }
}
