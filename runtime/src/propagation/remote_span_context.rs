//! Who sent a message, where that is to be linked to.

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, global};

use super::{Carrier, Reading};

/// The span that `carrier` names, if it names one.
///
/// [`extract`](super::extract) falls back on the current context, which is right for a parent
/// and wrong for a link: a message without headers would be linked to whatever is current. For
/// `links`, ask who the senders are:
///
/// ```
/// use std::collections::HashMap;
/// use traced::propagation::sender;
/// use traced::traced;
///
/// struct Message { headers: HashMap<String, String> }
///
/// #[traced(
///     kind = "consumer",
///     attributes(messaging.batch.message_count = batch.len()),
///     links = batch.iter().filter_map(|message| sender(&message.headers)),
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
/// Without a propagator nobody is named.
///
/// Specification: OpenTelemetry, semantic conventions, *Messaging spans*, "Context propagation".
pub fn sender<C: Carrier + ?Sized>(carrier: &C) -> Option<SpanContext> {
    let context = global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&Context::new(), &Reading(carrier))
    });
    let sender = context.span().span_context().clone();
    sender.is_valid().then_some(sender)
}
