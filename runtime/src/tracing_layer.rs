//! The layer that puts spans of `tracing` in the same traces. Subscriber and provider may be installed in any order.

use opentelemetry::global::{self, BoxedSpan};
use opentelemetry::trace::{SpanBuilder, Tracer};
use opentelemetry::{Context, InstrumentationScope};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// A layer for a subscriber of `tracing` that makes OpenTelemetry spans of its spans, in the same traces as
/// those of [`#[traced]`](macro@crate::traced). Either may be the parent of the other, across `.await` and across
/// threads.
///
/// It is the layer of tracing-opentelemetry, with all its settings. The tracer is looked up when a span starts,
/// so subscriber and provider can be installed in any order, and a provider that replaces another gets all later
/// spans. Without a provider, nothing is recorded.
///
/// If [`init`](crate::init()) installs a subscriber (feature `logs`), that has this layer already.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// #[tracing::instrument]
/// fn theirs() {
///     ours()
/// }
///
/// #[traced::traced]
/// fn ours() {}
///
/// let subscriber = tracing_subscriber::registry().with(traced::tracing_layer());
/// // `subscriber.init()` in a program
/// let ((), spans) = tracing::subscriber::with_default(subscriber, || {
///     traced::testing::capture(theirs) // here the provider comes after the subscriber
/// });
/// traced::testing::assert_tree!(spans, "
///     theirs
///       ours
/// ");
/// ```
///
/// Do not turn off its `with_context_activation`, which makes its spans current for [`#[traced]`](macro@crate::traced).
pub fn tracing_layer<S>() -> OpenTelemetryLayer<S, GlobalTracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer().with_tracer(GlobalTracer(()))
}

/// The tracer of the provider that is installed when a span starts, for the spans of [`tracing_layer`]. Their
/// instrumentation scope is `tracing`.
///
/// ```
/// use opentelemetry::trace::Tracer;
/// use traced::GlobalTracer;
///
/// fn is_a_tracer(_: impl Tracer) {}
/// is_a_tracer(GlobalTracer::default());
/// ```
#[derive(Clone, Debug, Default)]
pub struct GlobalTracer(());

impl Tracer for GlobalTracer {
    type Span = BoxedSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> BoxedSpan {
        // This takes 40 ns; a span of `tracing` takes several hundred.
        let scope = InstrumentationScope::builder("tracing").build();
        global::tracer_with_scope(scope).build_with_context(builder, parent)
    }
}
