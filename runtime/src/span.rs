//! How a span is started, made current and ended: the only file that knows.
//!
//! Every function here keeps one order. The user's code (attribute
//! expressions, `Display`, `Drop`, a sampler, a processor) never runs while a
//! borrow of OpenTelemetry's context stack is held, so it may start spans and
//! attach contexts as it likes. And a span is ended by name, never by the drop
//! of the last context: a spawned task may hold that one for an hour.

use std::cell::Cell;
use std::thread;
use std::time::SystemTime;

use opentelemetry::baggage::{BaggageExt, KeyValueMetadata as BaggageEntry};
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, ContextGuard, KeyValue};

use crate::draft::{Attributes, Draft, Parent};
use crate::failure::Failure;
use crate::future::Deferred;
use crate::panic;
use crate::propagation::{self, CarrierMut};
use crate::provider::{self, Candidate};
use crate::site::Site;

/// A span that has started and is not current yet; nothing, if there is no
/// provider.
#[derive(Debug, Default)]
#[must_use]
pub struct Started {
    pub(crate) live: Option<Live>,
}

/// What a call has of its own, in the context that is current for its length.
///
/// The two that are rare are in a box, so that the others need no tag: every
/// future that is traced holds one.
#[derive(Debug)]
pub(crate) enum Live {
    /// A span, which it ends.
    Span(Context),
    /// The caller's span, on which it records (`current`).
    Borrowed(Box<Context>),
    /// A context without a span of its own: baggage, or a remote parent that is
    /// passed on though nothing here records.
    Context(Box<Context>),
}

impl Started {
    pub(crate) fn new(site: &'static Site, fill: Option<&mut dyn FnMut(&mut Draft)>) -> Self {
        Started {
            live: start(site, fill),
        }
    }

    /// `current`: the span of the caller, with these attributes.
    pub fn current(fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        let current = Context::current();
        if !current.span().is_recording() {
            return Started::default();
        }
        panic::start_listening();
        let mut attributes = Attributes::default();
        fill(&mut attributes);
        current.span().set_attributes(attributes.0);
        Started {
            live: Some(Live::Borrowed(Box::new(current))),
        }
    }

    /// `lazy(..)`: attributes that are worth their price only on a span that records.
    pub fn lazy(self, fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        if let Some(live) = self.live.as_ref().filter(|live| live.is_recording()) {
            let mut attributes = Attributes::default();
            fill(&mut attributes);
            live.context().span().set_attributes(attributes.0);
        }
        self
    }

    /// `inject = expression`: tells whoever reads `carrier` that this span is its parent.
    ///
    /// Without a span of its own, the function passes on the one that it was called in.
    pub fn inject<C: CarrierMut + ?Sized>(self, carrier: &mut C) -> Self {
        match &self.live {
            Some(live) => propagation::inject_context(live.context(), carrier),
            None => propagation::inject(carrier),
        }
        self
    }

    /// Ends the span now: the call is over, and what it gave out goes on alone.
    pub fn end_now(self) {
        if let Some(live) = self.live {
            live.end();
        }
    }

    /// Makes the span current on this thread until the result is gone.
    pub fn enter(self) -> Entered {
        Entered {
            active: self.live.map(|live| Active {
                guard: live.attach(),
                live,
            }),
        }
    }
}

impl Deferred {
    /// Starts the span and makes it current until the result is gone.
    pub fn enter(mut self) -> Entered {
        Started { live: self.start() }.enter()
    }

    pub(crate) fn start(&mut self) -> Option<Live> {
        let candidate = provider::tracer(&self.site.scope);
        if candidate.is_none() && !self.site.is_carrying {
            return None;
        }
        let draft = self.draft.take();
        let draft = draft.map_or_else(|| Draft::new(self.site), |draft| *draft);
        start_drafted(self.site, candidate, draft)
    }
}

fn start(site: &'static Site, fill: Option<&mut dyn FnMut(&mut Draft)>) -> Option<Live> {
    let candidate = provider::tracer(&site.scope);
    if candidate.is_none() && !site.is_carrying {
        return None;
    }
    let mut draft = Draft::new(site);
    if let Some(fill) = fill {
        fill(&mut draft);
    }
    start_drafted(site, candidate, draft)
}

fn start_drafted(site: &'static Site, candidate: Option<Candidate>, draft: Draft) -> Option<Live> {
    let (builder, surroundings) = draft.into_builder(site);
    // What the span keeps of its surroundings, and what its parent is found in.
    let (around, parent) = match surroundings.parent {
        Parent::Current => (Context::current(), None),
        Parent::Given(parent) => (parent, None),
        Parent::Root => {
            let current = Context::current();
            let root = without_span(&current);
            (current, Some(root))
        }
    };
    let around = with_baggage(around, surroundings.baggage);
    let span = candidate.and_then(|candidate| {
        let parent = parent.as_ref().unwrap_or(&around);
        new_span(site, &candidate, builder, parent)
    });
    let Some(span) = span else {
        return site.is_carrying.then(|| Live::Context(Box::new(around)));
    };
    let live = Live::Span(around.with_span(Kept::new(span)));
    if !surroundings.lazy.is_empty() && live.is_recording() {
        live.context().span().set_attributes(surroundings.lazy);
    }
    Some(live)
}

/// Starts a span; `None` if what comes back is none.
fn new_span(
    site: &Site,
    candidate: &Candidate,
    builder: SpanBuilder,
    parent: &Context,
) -> Option<BoxedSpan> {
    if parent.is_telemetry_suppressed() {
        return None;
    }
    panic::start_listening();
    let span = candidate.tracer.build_with_context(builder, parent);
    if !is_new_span(span.span_context(), parent) {
        provider::came_to_nothing(&site.scope);
        return None;
    }
    if candidate.doubtful {
        provider::came_to_life(&site.scope);
    }
    Some(span)
}

fn with_baggage(context: Context, added: Vec<KeyValue>) -> Context {
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

/// A context without a span, as a sampler takes a span without an id for a
/// parent that was not sampled. A context cannot be asked for all its values, so
/// the baggage is all that the sampler and the processors see of it.
fn without_span(context: &Context) -> Context {
    Context::new().with_baggage(baggage_of(context).collect::<Vec<_>>())
}

/// A no-op tracer answers with the parent's own span context, or with none.
fn is_new_span(span: &SpanContext, parent: &Context) -> bool {
    span.is_valid() && span.span_id() != parent.span().span_context().span_id()
}

impl Live {
    pub(crate) fn context(&self) -> &Context {
        match self {
            Live::Span(context) => context,
            Live::Borrowed(context) | Live::Context(context) => context,
        }
    }

    pub(crate) fn attach(&self) -> ContextGuard {
        self.context().clone().attach()
    }

    /// Whether there is a span to record on, and it records.
    pub(crate) fn is_recording(&self) -> bool {
        !matches!(self, Live::Context(_)) && self.context().span().is_recording()
    }

    /// An `Err` leaves the function: event, then `error.type`, then status.
    ///
    /// Call it with the span detached, so that the context it leaves to is the
    /// current one.
    fn record_failure(&self, mut failure: Failure) {
        let span = self.context().span();
        failure.forget_what_a_child_recorded(span.span_context());
        if let Some(attributes) = failure.event_attributes() {
            span.add_event("exception", attributes);
        }
        span.set_attribute(KeyValue::new("error.type", failure.error_type()));
        set_automatic_status(self.context(), failure.message().to_owned());
        failure.leave_to(&Context::current());
    }

    fn record_panic(&self) {
        if matches!(self, Live::Context(_)) {
            return;
        }
        let span = self.context().span();
        let report = panic::unwinding_through(span.span_context());
        if let Some(attributes) = report.event_attributes {
            span.add_event("exception", attributes);
        }
        span.set_attribute(KeyValue::new("error.type", "panic"));
        set_automatic_status(self.context(), report.message);
    }

    pub(crate) fn end(self) {
        if let Live::Span(context) = self {
            context.span().end();
        }
    }

    /// The function returned; `failure` is what it returned, if that is one.
    pub(crate) fn finish(self, failure: Option<Failure>) {
        if let Some(failure) = failure {
            self.record_failure(failure);
        }
        self.end();
    }

    /// A panic unwinds through the function.
    pub(crate) fn unwind(self) {
        self.record_panic();
        self.end();
    }

    /// The future was dropped before it finished.
    pub(crate) fn cancel(self) {
        if let Live::Span(context) = self {
            let span = context.span();
            span.set_attribute(KeyValue::new("traced.cancelled", true));
            span.end();
        }
    }
}

/// A span that is current on this thread.
///
/// Dropped without [`Entered::exit`], it takes it that a panic is unwinding.
#[derive(Debug, Default)]
#[must_use]
pub struct Entered {
    active: Option<Active>,
}

#[derive(Debug)]
struct Active {
    // Before `live`: the span is detached before it ends.
    guard: ContextGuard,
    live: Live,
}

impl Active {
    fn detach(self) -> Live {
        drop(self.guard);
        self.live
    }
}

impl Entered {
    /// Ends the span, with what `observe` makes of the function's result.
    #[inline]
    pub fn exit(mut self, observe: impl FnOnce() -> Option<Failure>) {
        let recording = self
            .active
            .as_ref()
            .is_some_and(|active| active.live.is_recording());
        // With `self` whole: should `observe` panic, the span still ends.
        let failure = if recording { observe() } else { None };
        if let Some(active) = self.active.take() {
            active.detach().finish(failure);
        }
    }

    /// Turns this into a guard for a body that cannot be asked for its result:
    /// its drop is an ordinary exit unless a panic began meanwhile.
    pub fn until_dropped(mut self) -> Guard {
        Guard {
            active: self.active.take(),
            was_panicking: thread::panicking(),
            failure: Cell::new(None),
        }
    }

    /// Detaches the span, which goes on: its future will end it.
    pub(crate) fn suspend(mut self) -> Started {
        Started {
            live: self.active.take().map(Active::detach),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(active) = self.active.take() {
            active.detach().unwind();
        }
    }
}

/// A span that is current on this thread until this is dropped.
#[must_use]
pub struct Guard {
    active: Option<Active>,
    was_panicking: bool,
    failure: Cell<Option<Failure>>,
}

impl Guard {
    /// Takes note of a value on its way out of the function.
    pub fn saw(&self, observe: impl FnOnce() -> Option<Failure>) {
        if self
            .active
            .as_ref()
            .is_some_and(|active| active.live.is_recording())
        {
            self.failure.set(observe());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(active) = self.active.take() else {
            return;
        };
        let live = active.detach();
        if thread::panicking() && !self.was_panicking {
            live.unwind();
        } else {
            live.finish(self.failure.take());
        }
    }
}

/// The user's span with a memory: a status that the body set is kept.
///
/// The SDK lets the greater of two error descriptions win, and the API cannot
/// be asked what was set. A context boxes its span anyway, so this costs a byte.
#[derive(Debug)]
struct Kept {
    span: BoxedSpan,
    status_is_set: bool,
}

thread_local! {
    /// Whether the status being set right now is ours and not the body's.
    static AUTOMATIC: Cell<bool> = const { Cell::new(false) };
}

fn set_automatic_status(context: &Context, description: String) {
    AUTOMATIC.set(true);
    context.span().set_status(Status::error(description));
    AUTOMATIC.set(false);
}

impl Kept {
    fn new(span: BoxedSpan) -> Self {
        Kept {
            span,
            status_is_set: false,
        }
    }
}

impl Span for Kept {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<std::borrow::Cow<'static, str>>,
    {
        self.span
            .add_event_with_timestamp(name, timestamp, attributes);
    }

    fn span_context(&self) -> &SpanContext {
        self.span.span_context()
    }

    fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.span.set_attribute(attribute);
    }

    fn set_status(&mut self, status: Status) {
        let automatic = AUTOMATIC.get();
        if automatic && self.status_is_set {
            return;
        }
        self.status_is_set |= !automatic && status != Status::Unset;
        self.span.set_status(status);
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<std::borrow::Cow<'static, str>>,
    {
        self.span.update_name(new_name);
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.span.add_link(span_context, attributes);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.span.end_with_timestamp(timestamp);
    }
}

/// Runs `body` in `span` and asks `observe` what its result says.
///
/// That this is a function, and asks for an `FnOnce`, is what lets a method's
/// body give out a `&mut` borrow of `self`: a closure called where it is
/// written is inferred to be an `FnMut`, which may not.
#[inline]
pub fn run<R>(
    span: Entered,
    body: impl FnOnce() -> R,
    observe: impl FnOnce(&R) -> Option<Failure>,
) -> R {
    let out = body();
    span.exit(|| observe(&out));
    out
}

/// Takes note of a value that a guarded expression has.
#[inline]
pub fn saw<R>(guard: &Guard, value: &R, observe: impl FnOnce(&R) -> Option<Failure>) {
    guard.saw(|| observe(value));
}
