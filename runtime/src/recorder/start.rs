//! Starts a span from a call site or a builder of the API: its parent, the sampler's decision, its ids.
//!
//! User code (samplers, id generators, observers, attribute expressions) runs here, while no lock and no borrow of
//! this crate is held.
//!
//! A context is written once and passed by reference until it is attached, as moving a value right after it was
//! stored stalls the processor.

use std::borrow::Cow;
use std::mem;

use opentelemetry::Context;
use opentelemetry::trace::{
    Link, SpanBuilder, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId,
    TraceState,
};
use opentelemetry_sdk::trace::SamplingDecision;

use super::clock::Tick;
use super::pool;
use super::provider::Tracer;
use super::record::Record;
use super::span::{Handle, Span};
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::{inherited, panic, scoped_attributes};

/// The outcome of the start of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A span has started, recording or not.
    Started,
    /// Telemetry is suppressed in the current context.
    Suppressed,
    /// The provider was shut down.
    ShutDown,
}

// `hold` keeps the context that has the span. It gets the context by reference, so that it can attach it before it moves
// it.
impl Tracer {
    /// Starts a span without options beyond those of the call site.
    #[inline(always)]
    pub(crate) fn start_site(
        &self,
        site: &'static CallSite,
        stack: ContextStack,
        hold: impl FnOnce(&mut Context),
    ) -> Outcome {
        let current = stack.current();
        if let Some(outcome) = self.refuses(&current) {
            return outcome;
        }
        let record = pool::take(&self.shared);
        self.start_in(record, site, Cow::Borrowed(site.name), &current, hold)
    }

    /// Starts a span with the attributes that `fill` adds, at most `count` of them.
    #[inline(always)]
    pub(crate) fn start_with_attributes(
        &self,
        site: &'static CallSite,
        name: Cow<'static, str>,
        stack: ContextStack,
        count: usize,
        fill: &mut dyn FnMut(&mut Attributes),
        hold: impl FnOnce(&mut Context),
    ) -> Outcome {
        let mut record = pool::take(&self.shared);
        if !self.shared.writes_attributes {
            record.collected.values.reserve(count);
        }
        fill(&mut record.collected);
        // The limits, which keep the last value of each key, apply to values and not to encoded attributes.
        if record.collected.written.repeats_a_key() {
            record.decode_written();
        }
        let current = stack.current();
        if let Some(outcome) = self.refuses(&current) {
            return outcome;
        }
        self.start_in(record, site, name, &current, hold)
    }

    /// Why no span starts; `None` if one does.
    #[inline(always)]
    fn refuses(&self, around: &Context) -> Option<Outcome> {
        if around.is_telemetry_suppressed() {
            return Some(Outcome::Suppressed);
        }
        self.shared.is_shut_down().then_some(Outcome::ShutDown)
    }

    /// The end of `start_site` and `start_with_attributes`: starts the span of `record` under the current context.
    #[inline(always)]
    fn start_in(
        &self,
        mut record: Box<Record>,
        site: &'static CallSite,
        name: Cow<'static, str>,
        current: &Context,
        hold: impl FnOnce(&mut Context),
    ) -> Outcome {
        panic::start_listening();
        let mut context = match self.begin(&mut record, current, &name, &site.kind, &[]) {
            true => {
                record.name = name;
                record.notify_started(current, Some(site));
                current.with_span(Handle::new(record))
            }
            false => silent(record, current, current),
        };
        hold(&mut context);
        Outcome::Started
    }

    /// Starts a span with further options, as a child of the span in `parent`, and adds it to the context `around`.
    pub(crate) fn start_built(
        &self,
        site: &'static CallSite,
        builder: SpanBuilder,
        parent: &Context,
        around: &Context,
        hold: impl FnOnce(&mut Context),
    ) -> Outcome {
        if let Some(outcome) = self.refuses(around) {
            return outcome;
        }
        panic::start_listening();
        let mut record = pool::take(&self.shared);
        // Without attributes, the record keeps its buffer.
        if let Some(attributes) = builder.attributes.filter(|given| !given.is_empty()) {
            record.collected.values = attributes;
        }
        let links = builder.links.unwrap_or_default();
        let name = builder.name;
        let mut context = match self.begin(&mut record, parent, &name, &site.kind, &links) {
            true => {
                record.name = name;
                if !links.is_empty() || builder.start_time.is_some() {
                    record.begin_with(links, Vec::new(), builder.start_time);
                }
                record.notify_started(parent, Some(site));
                around.with_span(Handle::new(record))
            }
            false => silent(record, parent, around),
        };
        hold(&mut context);
        Outcome::Started
    }

    /// Fills in everything that is decided when a span starts, except its name. Returns whether it is recorded; it gets
    /// a span context in either case.
    #[inline(always)]
    fn begin(
        &self,
        record: &mut Record,
        parent: &Context,
        name: &str,
        kind: &SpanKind,
        links: &[Link],
    ) -> bool {
        let shared = &*self.shared;
        let scoped = scoped_attributes::of(parent);
        if !scoped.is_empty() {
            record.add_scoped(scoped);
        }
        // The sampler's decision, where it need not be called: it decides by the parent, or alike for all roots.
        // `known_root` is `Some` only for `ParentBased` samplers. Below a parent span, `known` has already answered for
        // those, so `known_root` is used for roots only.
        let known = shared.sampling.known(parent).or(shared.known_root);
        // A span that is known not to be recorded needs no time: its ids may repeat in a forked child, where they
        // identify nothing that is exported. Otherwise the clock is read before the sampler is called, as a new trace
        // id needs the time.
        let now = match known {
            Some(false) => Tick::default(),
            _ => Tick::now(),
        };
        let parent_span = parent.span();
        let parent_context = parent_span.span_context();
        let is_child = parent_context.is_valid();
        let trace = match is_child {
            true => parent_context.trace_id(),
            false => shared.ids.trace_id(now),
        };
        let id = shared.ids.span_id(now);
        let is_sampled = match known {
            Some(is_sampled) => is_sampled,
            None => {
                return self.begin_sampled(record, parent, (trace, id), now, (name, kind, links));
            }
        };
        // Writing an empty trace state is faster than cloning one.
        let flags = self.flags(parent_context, is_sampled);
        record.span_context = match *parent_context.trace_state() == TraceState::NONE {
            true => SpanContext::new(trace, id, flags, false, TraceState::NONE),
            false => {
                let state = parent_context.trace_state().clone();
                SpanContext::new(trace, id, flags, false, state)
            }
        };
        if is_sampled {
            self.complete(record, parent_context, kind, now);
        }
        is_sampled
    }

    /// Continues [`begin`](Self::begin) if the sampler has to be called.
    #[inline(never)]
    fn begin_sampled(
        &self,
        record: &mut Record,
        parent: &Context,
        (trace, id): (TraceId, SpanId),
        now: Tick,
        (name, kind, links): (&str, &SpanKind, &[Link]),
    ) -> bool {
        let attributes = &record.collected.values;
        let sampling = &self.shared.sampling;
        let mut decided = sampling.decide(parent, trace, name, kind, attributes, links);
        let records = decided.decision != SamplingDecision::Drop;
        let is_sampled = decided.decision == SamplingDecision::RecordAndSample;
        let parent_span = parent.span();
        let parent_context = parent_span.span_context();
        let flags = self.flags(parent_context, is_sampled);
        let state = mem::take(&mut decided.trace_state);
        record.span_context = SpanContext::new(trace, id, flags, false, state);
        if records {
            record.collected.values.append(&mut decided.attributes);
            self.complete(record, parent_context, kind, now);
        }
        records
    }

    /// The flags of a span. The parent's random flag is kept even if the span is not recorded, as it is a property of
    /// the trace.
    #[inline(always)]
    fn flags(&self, parent: &SpanContext, is_sampled: bool) -> TraceFlags {
        let flags = match parent.is_valid() {
            true => parent.trace_flags(),
            false => self.shared.ids.root_flags(),
        };
        flags.with_sampled(is_sampled)
    }

    /// Fills in the fields that only a recorded span has.
    #[inline(always)]
    fn complete(&self, record: &mut Record, parent: &SpanContext, kind: &SpanKind, now: Tick) {
        record.limit_attributes();
        let is_child = parent.is_valid();
        record.parent = match is_child {
            true => parent.span_id(),
            false => SpanId::INVALID,
        };
        record.parent_is_remote = is_child && parent.is_remote();
        record.scope = self.scope.clone();
        record.kind = kind.clone();
        record.started = now;
        record.ended = Tick::default();
    }
}

/// The context of a span that is not recorded, with nothing but its span context.
// Out of line, and not called within a borrow of the current context, which would move the result twice.
#[inline(never)]
fn silent(mut record: Box<Record>, parent: &Context, around: &Context) -> Context {
    #[cfg(feature = "metrics")]
    record.count_dropped(parent);
    #[cfg(not(feature = "metrics"))]
    let _ = parent;
    let span_context = mem::replace(&mut record.span_context, SpanContext::NONE);
    pool::give_back(record);
    around.with_remote_span_context(span_context)
}

impl opentelemetry::trace::Tracer for Tracer {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Span {
        if self.refuses(parent).is_some() {
            return Span::silent(SpanContext::NONE);
        }
        let adopted = inherited::is_set().then(|| inherited::adopt(parent.clone()));
        let parent = adopted.as_ref().unwrap_or(parent);
        let SpanBuilder {
            span_kind,
            name,
            start_time,
            attributes,
            events,
            links,
        } = builder;
        let mut record = pool::take(&self.shared);
        record.collected.values = attributes.unwrap_or_default();
        let links = links.unwrap_or_default();
        let kind = span_kind.unwrap_or(SpanKind::Internal);
        if !self.begin(&mut record, parent, &name, &kind, &links) {
            #[cfg(feature = "metrics")]
            record.count_dropped(parent);
            let span_context = mem::replace(&mut record.span_context, SpanContext::NONE);
            pool::give_back(record);
            return Span::silent(span_context);
        }
        record.name = name;
        let events = events.unwrap_or_default();
        if start_time.is_some() || !events.is_empty() || !links.is_empty() {
            record.begin_with(links, events, start_time);
        }
        record.notify_started(parent, None);
        Span::recording(record)
    }
}
