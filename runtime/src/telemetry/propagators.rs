//! The choice of propagators: `OTEL_PROPAGATORS`.
//!
//! Specification: OpenTelemetry, *Context*, "Propagators Distribution".

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, global};

use self::b3::B3;
use self::jaeger::Jaeger;
use super::environment::{Environment, Keyword, Keywords};
use super::variables::PROPAGATORS;
use crate::propagation::{self, BaggagePropagator, Carrier as _, TraceContextPropagator};
use crate::self_log::{self, Level};

mod b3;
mod jaeger;

/// A format of headers in which a context is sent from process to process.
///
/// ```
/// use traced::telemetry::{Propagator, TelemetryBuilder};
///
/// let telemetry = TelemetryBuilder::default().propagators([Propagator::TraceContext, Propagator::B3]);
/// # drop(telemetry);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Propagator {
    /// W3C Trace Context: `traceparent` and `tracestate`.
    TraceContext,
    /// W3C Baggage: `baggage`.
    Baggage,
    /// B3 in one header, `b3`; both forms are read. A caller that defers the sampling decision counts
    /// as sampled.
    B3,
    /// B3 in several headers, `x-b3-traceid` and so on; both forms are read.
    B3Multi,
    /// Jaeger's `uber-trace-id`, and its baggage, `uberctx-*`.
    Jaeger,
}

type Boxed = Box<dyn TextMapPropagator + Send + Sync>;

impl Propagator {
    pub(super) fn boxed(self) -> Boxed {
        match self {
            Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
            Propagator::Baggage => Box::new(BaggagePropagator::new()),
            Propagator::B3 => Box::new(B3::single()),
            Propagator::B3Multi => Box::new(B3::multi()),
            Propagator::Jaeger => Box::new(Jaeger),
        }
    }
}

const NO_CRATE: &str = "as no crate of OpenTelemetry's has it for this version";

/// The values of `OTEL_PROPAGATORS`; `None` stands for `none`.
pub(super) static KEYWORDS: &Keywords<Option<Propagator>> = &[
    ("tracecontext", Keyword::Is(Some(Propagator::TraceContext))),
    ("baggage", Keyword::Is(Some(Propagator::Baggage))),
    ("b3", Keyword::Is(Some(Propagator::B3))),
    ("b3multi", Keyword::Is(Some(Propagator::B3Multi))),
    ("jaeger", Keyword::Is(Some(Propagator::Jaeger))),
    ("none", Keyword::Is(None)),
    ("xray", Keyword::Unsupported(NO_CRATE)),
    ("ottrace", Keyword::Unsupported(NO_CRATE)),
];

/// The propagators that the variables name, or the specification's default.
pub(super) fn of_environment(environment: &mut Environment) -> Vec<Boxed> {
    let chosen = chosen(environment).into_iter();
    chosen.map(Propagator::boxed).collect()
}

pub(super) fn chosen(environment: &mut Environment) -> Vec<Propagator> {
    let chosen = environment.keywords_or_none(&PROPAGATORS, KEYWORDS);
    chosen.unwrap_or_else(|| vec![Propagator::TraceContext, Propagator::Baggage])
}

/// The context that these propagators read from the environment of this process.
pub(super) fn parent_of_environment(propagators: &[Boxed]) -> Context {
    let variables = propagation::Environment::new();
    let parent = propagation::context_in(&variables, propagators);
    let reads_trace_context = propagators
        .iter()
        .any(|propagator| propagator.fields().any(|field| field == "traceparent"));
    let headers = variables.get_all("traceparent");
    if reads_trace_context && !headers.is_empty() && !parent.span().span_context().is_valid() {
        let shown: String = headers.join(",").chars().take(64).collect();
        let message = format!(
            "TRACEPARENT: {shown:?} cannot be read and is ignored; expected \
             00-<trace id>-<span id>-<flags>, in lower-case hexadecimal"
        );
        self_log::once(Level::Warn, &message, &message);
    }
    parent
}

/// Installs propagators for the process. Without any, those that were set before stay.
pub(super) fn install(propagators: Vec<Boxed>) {
    if !propagators.is_empty() {
        global::set_text_map_propagator(TextMapCompositePropagator::new(propagators));
    }
}
