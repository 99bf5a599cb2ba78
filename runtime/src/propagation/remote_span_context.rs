//! The span context in a carrier.

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, global};

use super::Carrier;
use super::reading::Reading;

/// The span context in the headers of `carrier`; `None` if there is no valid one, or no propagator.
///
/// [`extract`](crate::extract) falls back to the current context, which is right for a parent but wrong for
/// a link: a message without headers would be linked to the current span. So use this function for `links`:
///
/// ```
/// use std::collections::HashMap;
/// use traced::{remote_span_context, traced};
///
/// struct Message { headers: HashMap<String, String> }
///
/// #[traced(
///     kind = "consumer",
///     attributes(messaging.batch.message_count = batch.len()),
///     links = batch.iter().filter_map(|message| remote_span_context(&message.headers)),
/// )]
/// fn process(batch: &[Message]) {}
///
/// # traced::propagation::use_w3c();
/// let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
/// let sent = Message { headers: HashMap::from([("traceparent".to_owned(), parent)]) };
/// let nobodys = Message { headers: HashMap::new() };
/// let ((), spans) = traced::testing::capture(|| process(&[sent, nobodys]));
/// assert_eq!(spans.named("process").data().links.len(), 1);
/// ```
///
/// Specification: OpenTelemetry, semantic conventions, *Messaging spans*, "Context propagation".
pub fn remote_span_context<C: Carrier + ?Sized>(carrier: &C) -> Option<SpanContext> {
    let context = global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&Context::new(), &Reading(carrier))
    });
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}
