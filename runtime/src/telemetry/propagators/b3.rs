//! The propagator for the headers of Zipkin.
//!
//! The propagator of `opentelemetry-zipkin` is not used: it is deprecated, it reads the debug flag and a deferred
//! decision as "not sampled", and without a span it sends the decision not to sample.
//!
//! Specification: openzipkin/b3-propagation; OpenTelemetry, *Context*, "B3 Requirements".

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

static SINGLE_FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [SINGLE.to_owned()]);
static MULTI_FIELDS: LazyLock<[String; 4]> =
    LazyLock::new(|| [TRACE_ID, SPAN_ID, SAMPLED, FLAGS].map(str::to_owned));

/// Reads both forms, the single header first; writes one of them.
#[derive(Debug)]
pub(super) struct B3 {
    is_single: bool,
}

/// The debug flag, with which an earlier service requires the trace regardless of samplers. It is passed on
/// as a value of the context, as W3C's trace flags have no bit for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Debugged;

/// The sampling state of B3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Denied,
    Accepted,
    Debug,
    /// Deferred to this service. W3C's flags cannot express this, so it counts as accepted: an unwanted trace is better
    /// than a missing one.
    Open,
}

impl B3 {
    pub(super) fn single() -> Self {
        B3 { is_single: true }
    }

    pub(super) fn multi() -> Self {
        B3 { is_single: false }
    }
}

impl TextMapPropagator for B3 {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let is_debugged = context.get::<Debugged>().is_some();
        let sampled = if span.is_sampled() { "1" } else { "0" };
        if self.is_single {
            let state = if is_debugged { "d" } else { sampled };
            injector.set(
                SINGLE,
                format!("{}-{}-{state}", span.trace_id(), span.span_id()),
            );
            return;
        }
        injector.set(TRACE_ID, span.trace_id().to_string());
        injector.set(SPAN_ID, span.span_id().to_string());
        if is_debugged {
            injector.set(FLAGS, "1".to_owned());
        } else {
            injector.set(SAMPLED, sampled.to_owned());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        if let Some((ids, state)) = read_single(extractor).or_else(|| read_multi(extractor)) {
            return enter(context, ids, state);
        }
        decide(context, lone_state(extractor))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(if self.is_single {
            SINGLE_FIELDS.as_slice()
        } else {
            MULTI_FIELDS.as_slice()
        })
    }
}

type Ids = (TraceId, SpanId);

fn read_single(extractor: &dyn Extractor) -> Option<(Ids, State)> {
    let mut parts = extractor.get(SINGLE)?.trim().split('-');
    let ids = ids(parts.next()?, parts.next()?)?;
    Some((ids, state(parts.next())?))
}

fn read_multi(extractor: &dyn Extractor) -> Option<(Ids, State)> {
    let ids = ids(extractor.get(TRACE_ID)?, extractor.get(SPAN_ID)?)?;
    match extractor.get(FLAGS).map(str::trim) {
        Some("1") => Some((ids, State::Debug)),
        _ => Some((ids, state(extractor.get(SAMPLED).map(str::trim))?)),
    }
}

/// The sampling state of headers without ids: the caller's decision for a trace that starts here.
fn lone_state(extractor: &dyn Extractor) -> Option<State> {
    if let Some(single) = extractor.get(SINGLE) {
        return state(Some(single.trim()));
    }
    if extractor.get(TRACE_ID).is_some() || extractor.get(SPAN_ID).is_some() {
        return None;
    }
    match extractor.get(FLAGS).map(str::trim) {
        Some("1") => Some(State::Debug),
        _ => state(Some(extractor.get(SAMPLED)?.trim())),
    }
}

fn state(text: Option<&str>) -> Option<State> {
    match text {
        None => Some(State::Open),
        Some("1" | "true") => Some(State::Accepted),
        Some("0" | "false") => Some(State::Denied),
        Some("d") => Some(State::Debug),
        Some(_) => None,
    }
}

fn ids(trace: &str, span: &str) -> Option<Ids> {
    Some((
        trace_id(trace.trim(), &[16, 32])?,
        span_id(span.trim(), &[16])?,
    ))
}

/// A trace id whose number of digits is in `lengths` and which is not all zeros.
pub(super) fn trace_id(text: &str, lengths: &[usize]) -> Option<TraceId> {
    let id = is_hexadecimal(text, lengths).then(|| TraceId::from_hex(text))?;
    id.ok().filter(|id| *id != TraceId::INVALID)
}

/// A span id whose number of digits is in `lengths` and which is not all zeros.
pub(super) fn span_id(text: &str, lengths: &[usize]) -> Option<SpanId> {
    let id = is_hexadecimal(text, lengths).then(|| SpanId::from_hex(text))?;
    id.ok().filter(|id| *id != SpanId::INVALID)
}

fn is_hexadecimal(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn enter(context: &Context, ids: Ids, state: State) -> Context {
    let flags = match state {
        State::Denied => TraceFlags::default(),
        State::Accepted | State::Debug | State::Open => TraceFlags::SAMPLED,
    };
    let remote = SpanContext::new(ids.0, ids.1, flags, true, TraceState::default());
    let context = context.with_remote_span_context(remote);
    match state {
        State::Debug => context.with_value(Debugged),
        _ => context,
    }
}

/// Applies a decision that came without ids. A denial becomes a remote parent that is not
/// sampled, so that parent-based samplers follow it. If other headers had a trace, their decision counts.
fn decide(context: &Context, state: Option<State>) -> Context {
    match state {
        Some(State::Denied) if !context.span().span_context().is_remote() => {
            let ids = RandomIdGenerator::default();
            enter(
                context,
                (ids.new_trace_id(), ids.new_span_id()),
                State::Denied,
            )
        }
        Some(State::Debug) => context.with_value(Debugged),
        _ => context.clone(),
    }
}
