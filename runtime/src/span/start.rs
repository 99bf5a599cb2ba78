//! Starts a span for a call site, in a new context.
//!
//! Moving a value right after it was stored stalls the processor, and three such moves cost as much as an attribute.
//! Therefore builders are passed as closures and contexts by reference: a value is written where it is used, and a
//! context is moved only after it was attached ([`Hold`]).

use std::borrow::Cow;
use std::mem;

use opentelemetry::baggage::{BaggageExt, KeyValueMetadata as BaggageEntry};
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

use super::explicit_status::StatusKeepingSpan;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
#[cfg(feature = "init")]
use crate::code_attributes;
use crate::current_context::{self, ContextStack};
use crate::inherited;
#[cfg(feature = "metrics")]
use crate::metrics::Measurement;
use crate::panic;
use crate::provider::{self, Candidate, Found};
use crate::recorder::Outcome;
use crate::scoped_attributes::{self, with_scoped};
use crate::start_flags;
use crate::start_options::{Parent, StartOptions};

/// Keeps a span that was started.
pub(crate) trait Hold {
    /// Takes the span of `site` out of `context`, which is passed by reference so that it can be attached before it is
    /// moved.
    fn hold_span(&mut self, site: &'static CallSite, context: &mut Context);

    /// Takes a context that is to be current although there is no span.
    fn hold_context(&mut self, context: Box<Context>);

    /// Measures the call, whether it has a span or not.
    #[cfg(feature = "metrics")]
    fn measure(&mut self, measurement: Measurement);
}

#[inline(always)]
pub(super) fn start(site: &'static CallSite, holder: &mut impl Hold) {
    let Some(stack) = ContextStack::of_this_thread() else {
        return;
    };
    // The flags are for an inherited parent and for measurements, which `start_filled` takes care of.
    if start_flags::any() {
        start_filled(site, &mut |_| {}, holder);
        return;
    }
    match provider::known_tracer(site) {
        Some(Found::Ours(tracer)) => {
            let outcome = tracer.start_site(site, stack, |context| holder.hold_span(site, context));
            has_started(site, outcome);
        }
        Some(other) => start_bare(site, stack, &Candidate::known(other), holder),
        None => start_looked_up(site, stack, holder),
    }
}

// This thread has not cached a tracer of the provider that is installed now, or a filter turned the spans off.
#[cold]
#[inline(never)]
fn start_looked_up(site: &'static CallSite, stack: ContextStack, holder: &mut impl Hold) {
    if let Some(candidate) = provider::tracer(site) {
        start_bare(site, stack, &candidate, holder);
    }
}

#[inline(always)]
fn start_bare(
    site: &'static CallSite,
    stack: ContextStack,
    candidate: &Candidate,
    holder: &mut impl Hold,
) {
    let current = stack.current();
    let builder = || builder_of(site);
    start_in(site, candidate, builder, &current, &current, holder);
}

/// Starts a span with `attributes(..)` and no other option, which is the most frequent form.
#[inline(always)]
pub(super) fn start_with_attributes(
    site: &'static CallSite,
    count: usize,
    fill: &mut dyn FnMut(&mut Attributes),
    holder: &mut impl Hold,
) {
    start_named(site, Cow::Borrowed(site.name), (count, fill), holder);
}

/// [`start_with_attributes`] with a name that is not the call site's.
#[inline(always)]
pub(super) fn start_named(
    site: &'static CallSite,
    name: Cow<'static, str>,
    (count, fill): Fill<'_>,
    holder: &mut impl Hold,
) {
    let Some(stack) = ContextStack::of_this_thread() else {
        return;
    };
    if start_flags::any() {
        let mut name = Some(name);
        let fill = &mut |options: &mut StartOptions| {
            options.name = name.take().unwrap_or(Cow::Borrowed(site.name));
            fill(options.attributes(count));
        };
        start_filled(site, fill, holder);
        return;
    }
    match provider::known_tracer(site) {
        Some(Found::Ours(tracer)) => {
            let hold = |context: &mut Context| holder.hold_span(site, context);
            let outcome = tracer.start_with_attributes(site, name, stack, count, fill, hold);
            has_started(site, outcome);
        }
        Some(other) => {
            let candidate = Candidate::known(other);
            start_described(site, name, stack, &candidate, (count, fill), holder);
        }
        None => start_described_looked_up(site, name, stack, (count, fill), holder),
    }
}

/// The greatest number of attributes, and the function that adds them.
type Fill<'f> = (usize, &'f mut dyn FnMut(&mut Attributes));

#[cold]
#[inline(never)]
fn start_described_looked_up(
    site: &'static CallSite,
    name: Cow<'static, str>,
    stack: ContextStack,
    fill: Fill<'_>,
    holder: &mut impl Hold,
) {
    if let Some(candidate) = provider::tracer(site) {
        start_described(site, name, stack, &candidate, fill, holder);
    }
}

#[inline(always)]
fn start_described(
    site: &'static CallSite,
    name: Cow<'static, str>,
    stack: ContextStack,
    candidate: &Candidate,
    (count, fill): Fill<'_>,
    holder: &mut impl Hold,
) {
    let mut attributes = Attributes::with_capacity(count);
    fill(&mut attributes);
    let current = stack.current();
    let builder = || SpanBuilder {
        name,
        attributes: Some(attributes.values),
        ..builder_of(site)
    };
    start_in(site, candidate, builder, &current, &current, holder);
}

/// A builder with the name and kind of the call site.
#[inline(always)]
fn builder_of(site: &CallSite) -> SpanBuilder {
    SpanBuilder {
        span_kind: Some(site.kind.clone()),
        name: Cow::Borrowed(site.name),
        ..SpanBuilder::default()
    }
}

#[inline]
pub(super) fn start_filled(
    site: &'static CallSite,
    fill: &mut dyn FnMut(&mut StartOptions),
    holder: &mut impl Hold,
) {
    let Some(stack) = ContextStack::of_this_thread() else {
        return;
    };
    measured(site, stack, holder, |candidate, holder| {
        if candidate.is_none() && !site.scope.keeps_context {
            return;
        }
        let mut options = StartOptions::named(site.name);
        fill(&mut options);
        start_with_options(site, candidate.as_ref(), &mut options, holder);
    });
}

/// Calls `start` with the tracer of the call site, if there is one, and measures the call if metrics are enabled.
#[cfg(feature = "metrics")]
#[inline(always)]
pub(super) fn measured<H: Hold>(
    site: &'static CallSite,
    stack: ContextStack,
    holder: &mut H,
    start: impl FnOnce(Option<Candidate>, &mut H),
) {
    if !start_flags::has(start_flags::MEASURES) {
        start(provider::tracer(site), holder);
        return;
    }
    let candidate = match site.scope.is_measured_only() {
        true => None,
        false => provider::tracer(site),
    };
    start(candidate, holder);
    // Measured from here, as starting the span is not part of the call.
    if let Some(measurement) = Measurement::begin(site, stack) {
        holder.measure(measurement);
    }
}

/// Calls `start` with the tracer of the call site, if there is one.
#[cfg(not(feature = "metrics"))]
#[inline(always)]
pub(super) fn measured<H: Hold>(
    site: &'static CallSite,
    _: ContextStack,
    holder: &mut H,
    start: impl FnOnce(Option<Candidate>, &mut H),
) {
    start(provider::tracer(site), holder);
}

/// Starts a span with options. If there is no span, `holder` gets the context if the call site keeps it.
#[inline(always)]
pub(super) fn start_with_options(
    site: &'static CallSite,
    candidate: Option<&Candidate>,
    options: &mut StartOptions,
    holder: &mut impl Hold,
) {
    let (name, attributes) = (&mut options.name, &mut options.attributes.values);
    let (links, baggage, scoped, start_time) = match options.rare.take() {
        Some(rare) => (
            Some(rare.links),
            rare.baggage.values,
            rare.scoped.values,
            rare.started,
        ),
        None => (None, Vec::new(), Vec::new(), None),
    };
    let builder = || SpanBuilder {
        span_kind: Some(site.kind.clone()),
        name: mem::take(name),
        start_time,
        attributes: Some(mem::take(attributes)),
        events: None,
        links,
    };
    let keeps_current = baggage.is_empty() && scoped.is_empty();
    if let (Some(candidate), Parent::Current, true) = (candidate, &options.parent, keeps_current) {
        let current = inherited::adopt(current_context::current());
        start_in(site, candidate, builder, &current, &current, holder);
        return;
    }
    // The context to which the span is added, and whether its parent is to be taken from another one.
    let (around, is_root) = match mem::replace(&mut options.parent, Parent::Current) {
        Parent::Current => (inherited::adopt(current_context::current()), false),
        Parent::Given(parent) => (inherited::adopt(parent), false),
        Parent::Root => (current_context::current(), true),
    };
    let around = with_scoped(with_baggage(around, baggage), scoped);
    let root = is_root.then(|| without_span(&around));
    let parent = root.as_ref().unwrap_or(&around);
    let has_started = candidate
        .is_some_and(|candidate| start_in(site, candidate, builder, parent, &around, holder));
    if !has_started && site.scope.keeps_context {
        holder.hold_context(Box::new(around));
    }
}

/// Starts a span as a child of the span in `parent`, and adds it to the context `around`. Returns whether there is a
/// span.
///
/// Neither context is borrowed from OpenTelemetry's stack, as samplers and processors run in here.
#[inline(always)]
fn start_in(
    site: &'static CallSite,
    candidate: &Candidate,
    builder: impl FnOnce() -> SpanBuilder,
    parent: &Context,
    around: &Context,
    holder: &mut impl Hold,
) -> bool {
    if around.is_telemetry_suppressed() {
        return false;
    }
    panic::start_listening();
    let tracer = match &candidate.tracer {
        Found::Any(tracer) => tracer,
        Found::Ours(tracer) => {
            let hold = |context: &mut Context| holder.hold_span(site, context);
            let outcome = tracer.start_built(site, builder(), parent, around, hold);
            return has_started(site, outcome);
        }
    };
    let mut builder = builder();
    let scoped = scoped_attributes::of(parent);
    if !scoped.is_empty() {
        let attributes = builder.attributes.get_or_insert_default();
        scoped_attributes::add_missing(scoped, attributes);
    }
    #[cfg(feature = "init")]
    code_attributes::at_start(site, &mut builder.attributes);
    let span = tracer.build_with_context(builder, parent);
    let span_context = span.span_context();
    if !is_new_span(span_context, parent) {
        provider::note_noop_tracer(&site.scope);
        return false;
    }
    if candidate.unverified {
        provider::note_real_tracer(&site.scope);
    }
    let mut context = match span_context.is_sampled() || span.is_recording() {
        true => around.with_span(StatusKeepingSpan::new(span)),
        // A span that does not record needs only its span context: this saves a lock and a box.
        false => around.with_remote_span_context(span_context.clone()),
    };
    holder.hold_span(site, &mut context);
    true
}

/// Whether our own provider started a span. Notes a provider that was shut down.
#[inline]
fn has_started(site: &'static CallSite, outcome: Outcome) -> bool {
    if outcome == Outcome::ShutDown {
        provider::note_noop_tracer(&site.scope);
    }
    outcome == Outcome::Started
}

pub(super) fn with_baggage(context: Context, added: Vec<KeyValue>) -> Context {
    if added.is_empty() {
        return context;
    }
    let added = added.into_iter().map(BaggageEntry::from);
    let baggage: Vec<BaggageEntry> = baggage_of(&context).chain(added).collect();
    context.with_baggage(baggage)
}

fn baggage_of(context: &Context) -> impl Iterator<Item = BaggageEntry> {
    context.baggage().iter().map(|(key, (value, metadata))| {
        BaggageEntry::new(key.clone(), value.clone(), metadata.clone())
    })
}

/// A copy of the context without its span, for the sampler of a root: replacing the span by an invalid one is not
/// enough, as samplers take that for a parent that was not sampled. A context cannot list its other values, so only
/// the baggage and the scoped attributes are copied.
fn without_span(context: &Context) -> Context {
    let root = Context::new().with_baggage(baggage_of(context).collect::<Vec<_>>());
    scoped_attributes::copied(context, root)
}

/// Whether a tracer made a span: a no-op tracer returns the parent's span context, or an invalid one.
fn is_new_span(span: &SpanContext, parent: &Context) -> bool {
    span.is_valid() && span.span_id() != parent.span().span_context().span_id()
}
