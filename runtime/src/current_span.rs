//! Access to the current span from within a body: its attributes, events, errors, links and ids.
//!
//! Values are evaluated only if the span records. As they are user code, they are evaluated while nothing of
//! OpenTelemetry's is borrowed or locked.

mod recordable;

use std::borrow::Cow;

pub use self::recordable::Recordable;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};

use crate::attributes::Attributes;
use crate::current_context;
use crate::exception::{self, ExceptionOrigin};
use crate::links::{ToLink, is_informative};

/// `set_attributes!(..)`.
pub fn record(fill: &mut dyn FnMut(&mut Attributes)) {
    with_attributes(fill, |context, attributes| {
        context.span().set_attributes(attributes.values);
    });
}

/// `event!(..)`.
pub fn event(name: impl Into<Cow<'static, str>>, fill: &mut dyn FnMut(&mut Attributes)) {
    with_attributes(fill, |context, attributes| {
        context.span().add_event(name, attributes.values);
    });
}

fn with_attributes(fill: &mut dyn FnMut(&mut Attributes), then: impl FnOnce(&Context, Attributes)) {
    let context = current_context::current();
    if context.span().is_recording() {
        let mut attributes = Attributes::default();
        fill(&mut attributes);
        then(&context, attributes);
    }
}

/// Records an error as an `exception` event on the current span.
///
/// The status of the span does not change: use this for an error that was handled. An error that an annotated
/// function returns is recorded without this call, and not again if this call recorded it before.
///
/// An error is a value that implements [`Error`](std::error::Error), a pointer to such a value
/// (`Box<dyn Error>`, `anyhow::Error`), or a string: [`Recordable`].
///
/// Specification: OpenTelemetry semantic conventions, *Exceptions on spans*.
///
/// ```
/// # use traced::{traced, testing::capture};
/// #[traced]
/// fn port(text: &str) -> u16 {
///     text.parse().unwrap_or_else(|error| {
///         traced::record_error(&error);
///         8080
///     })
/// }
///
/// let (port, spans) = capture(|| port("http"));
/// assert_eq!((port, spans.named("port").exceptions().len()), (8080, 1));
/// ```
pub fn record_error<E: Recordable<How> + ?Sized, How>(error: &E) {
    let context = current_context::current();
    if !context.span().is_recording() {
        return;
    }
    let mut failure = error.to_failure();
    if let Some(attributes) = failure.take_event_attributes() {
        exception::record(&context, ExceptionOrigin::Recorded, attributes);
    }
    // So that it is not recorded again if the function returns it.
    failure.leave_to(&context);
}

/// Links the current span to another one, which is given as a `SpanContext`, a `Context`, a `Link` or an
/// [`Envelope`](crate::Envelope).
///
/// Samplers see only the links with which a span starts: `#[traced(links = ..)]`.
///
/// A link to an invalid span context is added only if it has attributes or a trace state.
///
/// Specification: OpenTelemetry, *Tracing API*, "Add Link".
///
/// ```
/// # use opentelemetry::Context;
/// # use traced::{traced, testing::capture};
/// #[traced]
/// fn fetch() -> Context {
///     Context::current()
/// }
///
/// #[traced]
/// fn merge(other: &Context) {
///     traced::add_link(other);
/// }
///
/// let ((), spans) = capture(|| merge(&fetch()));
/// assert_eq!(spans.named("merge").data().links.len(), 1);
/// ```
pub fn add_link(to: impl ToLink) {
    let context = current_context::current();
    let link = to.to_link();
    if is_informative(&link) {
        context.span().add_link(link.span_context, link.attributes);
    }
}

/// The ids and flags of the current span: see [`current`].
///
/// Specification: OpenTelemetry, *Tracing API*, "`SpanContext`".
///
/// ```
/// # use traced::testing::capture;
/// let (current, spans) = capture(|| traced::span!("load", { traced::current() }));
/// assert_eq!(current.span_id(), spans.named("load").id());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentSpan {
    trace_id: TraceId,
    span_id: SpanId,
    is_sampled: bool,
    is_recording: bool,
}

/// The ids and flags of the current span, for a log line, a response header or the labels of an exemplar.
///
/// Specification: OpenTelemetry, *Tracing API*, "`SpanContext`".
///
/// ```
/// # use traced::{traced, testing::capture};
/// #[traced]
/// fn answer() -> String {
///     traced::current().trace_id().to_string()
/// }
///
/// let (id, spans) = capture(answer);
/// assert_eq!(id, spans.named("answer").trace_id().to_string());
/// ```
pub fn current() -> CurrentSpan {
    let context = current_context::current();
    let span = context.span();
    CurrentSpan {
        trace_id: span.span_context().trace_id(),
        span_id: span.span_context().span_id(),
        is_sampled: span.span_context().is_sampled(),
        is_recording: span.is_recording(),
    }
}

impl CurrentSpan {
    /// The id of the trace; [`TraceId::INVALID`] outside any span.
    ///
    /// ```
    /// use traced::opentelemetry::TraceId;
    ///
    /// assert_eq!(traced::current().trace_id(), TraceId::INVALID); // outside any span
    /// ```
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The id of the span; [`SpanId::INVALID`] outside any span.
    ///
    /// ```
    /// use traced::opentelemetry::SpanId;
    ///
    /// assert_eq!(traced::current().span_id(), SpanId::INVALID); // outside any span
    /// ```
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Whether the span is sampled, so that it will be exported.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let (is_sampled, _) = capture(|| traced::span!("load", { traced::current().is_sampled() }));
    /// assert!(is_sampled);
    /// ```
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// Whether the span records attributes and events.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let (is_recording, _) = capture(|| traced::span!("load", { traced::current().is_recording() }));
    /// assert!(is_recording);
    /// ```
    pub fn is_recording(&self) -> bool {
        self.is_recording
    }

    /// The labels of an exemplar, `trace_id` and `span_id` in hexadecimal; `None` if the span is not sampled,
    /// as its trace could not be found.
    ///
    /// An exemplar is a measurement with the ids of its trace, so that a slow bucket of a histogram leads to
    /// a slow request. The metrics of the OpenTelemetry SDK 0.33 have no exemplars; those of the crate
    /// `prometheus-client` do:
    ///
    /// ```
    /// use prometheus_client::metrics::exemplar::HistogramWithExemplars;
    /// use traced::traced;
    ///
    /// type Labels = [(&'static str, String); 2];
    ///
    /// #[traced]
    /// fn charge(seconds: &HistogramWithExemplars<Labels>) {
    ///     seconds.observe(0.2, traced::current().exemplar_labels(), None);
    /// }
    /// # charge(&HistogramWithExemplars::new([0.1, 1.0].into_iter()));
    /// ```
    ///
    /// Specification: `OpenMetrics`, *Exemplars*.
    pub fn exemplar_labels(&self) -> Option<[(&'static str, String); 2]> {
        self.is_sampled.then(|| {
            [
                ("trace_id", self.trace_id.to_string()),
                ("span_id", self.span_id.to_string()),
            ]
        })
    }
}

/// Adds an event to the current span: its name, then attributes as in
/// `#[traced(attributes(..))]`. They are evaluated only if the span records. `allow(..)`
/// among them turns off a lint, as it does in `#[traced]`.
///
/// Specification: OpenTelemetry, *Tracing API*, "Add Events".
///
/// ```
/// # use traced::{traced, testing::capture};
/// #[traced]
/// fn retry(attempt: u32) {
///     traced::event!("retry", attempt, retry.delay_ms = 250, reason = %"timeout");
/// }
///
/// let ((), spans) = capture(|| retry(2));
/// assert_eq!(spans.named("retry").events()[0].name, "retry");
/// assert_eq!(spans.named("retry").events()[0].attributes.len(), 3);
/// ```
#[macro_export]
macro_rules! event {
    ($($event:tt)*) => {
        $crate::__private::event!($crate; $($event)*)
    };
}

/// Sets attributes of the current span, written as in
/// `#[traced(attributes(..))]`. They are evaluated only if the span records. `allow(..)`
/// among them turns off a lint, as it does in `#[traced]`.
///
/// Specification: OpenTelemetry, *Tracing API*, "Set Attributes".
///
/// ```
/// # use traced::{traced, testing::capture};
/// #[traced]
/// fn pay(cents: u64) {
///     traced::set_attributes!(payment.cents = cents, payment.currency = "EUR");
/// }
///
/// let ((), spans) = capture(|| pay(250));
/// assert_eq!(spans.tree(), "pay payment.cents=250 payment.currency=EUR\n");
/// ```
#[macro_export]
macro_rules! set_attributes {
    ($($attributes:tt)*) => {
        $crate::__private::set_attributes!($crate; $($attributes)*)
    };
}

/// Runs a block in a span of its own. The arguments are the name, attributes as in
/// `#[traced(attributes(..))]`, optionally `allow(..)`, and the block. A [level](crate::SpanLevel) other
/// than `info` stands before the name: `span!(level = "debug", "parse", { .. })`.
///
/// An `async` block becomes a future in a span. In any other block, whether it awaits or not, `?`,
/// `return`, `break` and `continue` act on the function around it.
/// [`#[traced]`](macro@crate::traced#in-a-function) describes what a block that awaits cannot do.
///
/// ```
/// # use traced::testing::capture_async;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let ((), spans) = capture_async(async {
///     let rows = traced::span!("parse", bytes = 120, { 3 });
///     traced::span!("store", rows, async { /* .. */ }).await;
/// })
/// .await;
/// assert_eq!(spans.tree(), "parse bytes=120\nstore rows=3\n");
/// # });
/// ```
#[macro_export]
macro_rules! span {
    ($($span:tt)*) => {
        $crate::__private::span!($crate; $($span)*)
    };
}
