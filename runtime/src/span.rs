//! How a span is started, made current and ended: the only file that knows.
//!
//! Every function here keeps one order. The user's code (attribute
//! expressions, `Display`, `Drop`, a sampler, a processor) never runs while a
//! borrow of OpenTelemetry's context stack is held, so it may start spans and
//! attach contexts as it likes. And a span is ended by name, never by the drop
//! of the last context: a spawned task may hold that one for an hour.

mod kept;

use std::borrow::Cow;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem;
use std::thread;

use opentelemetry::baggage::{BaggageExt, KeyValueMetadata as BaggageEntry};
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, TraceContextExt, Tracer};
use opentelemetry::{Context, ContextGuard, KeyValue};

use self::kept::{Kept, set_automatic_status};
use crate::draft::{Attributes, Draft, Parent};
use crate::exception::{self, Origin};
use crate::failure::Failure;
use crate::future::Deferred;
use crate::outcome::{Called, Observer};
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
    #[inline]
    pub(crate) fn nothing() -> Self {
        Started { live: None }
    }

    #[inline(never)]
    pub(crate) fn new(site: &'static Site) -> Self {
        let mut started = Started::nothing();
        start(site, |context| started.hold(context));
        started
    }

    #[inline(never)]
    pub(crate) fn drafted(site: &'static Site, fill: &mut dyn FnMut(&mut Draft)) -> Self {
        let mut started = Started::nothing();
        let carrier = start_with(site, fill, |context| started.hold(context));
        if let Some(carrier) = carrier {
            started.live = Some(Live::Context(carrier));
        }
        started
    }

    fn of_draft(site: &'static Site, mut draft: Draft) -> Self {
        let mut started = Started::nothing();
        let candidate = provider::tracer(site);
        let carrier = start_drafted(site, candidate.as_ref(), &mut draft, |span| {
            started.hold(span);
        });
        if let Some(carrier) = carrier {
            started.live = Some(Live::Context(carrier));
        }
        started
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

    /// `enabled = false`: no span, and the context that `fill` drafts.
    pub fn carried(site: &'static Site, fill: &mut dyn FnMut(&mut Draft)) -> Self {
        let mut draft = Draft::new(site);
        fill(&mut draft);
        let carrier = start_drafted(site, None, &mut draft, |_| {});
        Started {
            live: carrier.map(Live::Context),
        }
    }

    /// `baggage(..)` where the function has no span of its own.
    pub fn baggage(self, fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        let mut added = Attributes::default();
        fill(&mut added);
        let with_added = |context| Box::new(with_baggage(context, added.0));
        let live = match self.live {
            Some(Live::Borrowed(context)) => Live::Borrowed(with_added(*context)),
            None => Live::Context(with_added(Context::current())),
            Some(live) => live,
        };
        Started { live: Some(live) }
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
        let mut entered = Entered::nothing();
        if let Some(live) = self.live {
            entered.activate_live(live);
        }
        entered
    }

    #[inline(never)]
    fn hold(&mut self, context: Context) {
        self.live = Some(Live::Span(context));
    }
}

impl Deferred {
    /// Starts the span and makes it current until the result is gone.
    pub fn enter(self) -> Entered {
        match (self.site, self.draft) {
            (None, _) => Entered::nothing(),
            (Some(site), None) => {
                let mut entered = Entered::nothing();
                entered.start(site);
                entered
            }
            (Some(site), Some(draft)) => Started::of_draft(site, *draft).enter(),
        }
    }

    /// Starts the span, if there is to be one, and gives it away.
    #[inline]
    pub(crate) fn start(self, hold: impl FnOnce(Live)) {
        match (self.site, self.draft) {
            (None, _) => {}
            (Some(site), None) => start(site, |context| hold(Live::Span(context))),
            (Some(site), Some(draft)) => {
                if let Some(live) = Started::of_draft(site, *draft).live {
                    hold(live);
                }
            }
        }
    }
}

// These take the builder, and what is done `with` the span's context, as functions:
// each is then written where it is read. What is moved right after it was written
// waits for the write, and three such moves cost as much as an attribute.

#[inline(always)]
fn start(site: &'static Site, with: impl FnOnce(Context)) {
    let Some(candidate) = provider::tracer(site) else {
        return;
    };
    let builder = || SpanBuilder {
        span_kind: Some(site.kind.clone()),
        name: Cow::Borrowed(site.name),
        ..SpanBuilder::default()
    };
    let current = Context::current();
    start_in(site, &candidate, builder, &current, &current, with);
}

#[inline]
fn start_with(
    site: &'static Site,
    fill: &mut dyn FnMut(&mut Draft),
    with: impl FnOnce(Context),
) -> Option<Box<Context>> {
    let candidate = provider::tracer(site);
    if candidate.is_none() && !site.is_carrying {
        return None;
    }
    let mut draft = Draft::new(site);
    fill(&mut draft);
    start_drafted(site, candidate.as_ref(), &mut draft, with)
}

/// Gives the context back that is to be current without a span.
#[inline(always)]
fn start_drafted(
    site: &'static Site,
    candidate: Option<&Candidate>,
    draft: &mut Draft,
    with: impl FnOnce(Context),
) -> Option<Box<Context>> {
    draft.drop_links_to_the_parent();
    let (name, attributes) = (&mut draft.name, &mut draft.attributes.0);
    let (links, baggage) = match draft.more.take() {
        Some(more) => (Some(more.links), more.baggage.0),
        None => (None, Vec::new()),
    };
    let builder = || SpanBuilder {
        span_kind: Some(site.kind.clone()),
        name: mem::take(name),
        start_time: None,
        attributes: Some(mem::take(attributes)),
        events: None,
        links,
    };
    if let (Some(candidate), Parent::Current, []) = (candidate, &draft.parent, &*baggage) {
        let current = Context::current();
        start_in(site, candidate, builder, &current, &current, with);
        return None;
    }
    // What the span keeps of its surroundings, and what its parent is found in.
    let (around, parent) = match mem::replace(&mut draft.parent, Parent::Current) {
        Parent::Current => (Context::current(), None),
        Parent::Given(parent) => (parent, None),
        Parent::Root => {
            let current = Context::current();
            let root = without_span(&current);
            (current, Some(root))
        }
    };
    let around = with_baggage(around, baggage);
    let parent = parent.as_ref().unwrap_or(&around);
    let has_started = candidate
        .is_some_and(|candidate| start_in(site, candidate, builder, parent, &around, with));
    (!has_started && site.is_carrying).then(|| Box::new(around))
}

/// Starts a span whose parent is found in `parent`, and which keeps what else is
/// in `around`; says whether it did.
///
/// These are contexts of our own and not a borrow of the current one, as samplers
/// and processors run in here.
#[inline(always)]
fn start_in(
    site: &'static Site,
    candidate: &Candidate,
    builder: impl FnOnce() -> SpanBuilder,
    parent: &Context,
    around: &Context,
    with: impl FnOnce(Context),
) -> bool {
    if around.is_telemetry_suppressed() {
        return false;
    }
    panic::start_listening();
    let span = candidate.tracer.build_with_context(builder(), parent);
    let span_context = span.span_context();
    if !is_new_span(span_context, parent) {
        provider::came_to_nothing(&site.scope);
        return false;
    }
    if candidate.doubtful {
        provider::came_to_life(&site.scope);
    }
    match span_context.is_sampled() || span.is_recording() {
        true => with(around.with_span(Kept::new(span))),
        // All that can be asked of it is its span context: a lock and a box less.
        false => with(around.with_remote_span_context(span_context.clone())),
    }
    true
}

// Out of line, so that every poll of every future is a call and no more.
#[inline(never)]
fn attach(context: &Context) -> ContextGuard {
    context.clone().attach()
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
    #[inline]
    pub(crate) fn context(&self) -> &Context {
        match self {
            Live::Span(context) => context,
            Live::Borrowed(context) | Live::Context(context) => context,
        }
    }

    #[inline]
    pub(crate) fn attach(&self) -> ContextGuard {
        match self {
            Live::Span(context) => attach(context),
            Live::Borrowed(context) | Live::Context(context) => attach(context),
        }
    }

    /// Whether there is a span to record on, and it records.
    pub(crate) fn is_recording(&self) -> bool {
        !matches!(self, Live::Context(_)) && self.context().span().is_recording()
    }

    /// Whether what the function did is worth asking for. An answer that costs no
    /// lock where there are spans; that of a span that was ended by hand is late,
    /// so ask [`Live::is_recording`] before the failure itself is written.
    #[inline]
    pub(crate) fn may_be_recording(&self) -> bool {
        match self {
            Live::Span(context) if context.span().span_context().is_sampled() => true,
            live => live.is_recording(),
        }
    }

    /// An `Err` leaves the function: event, then `error.type`, then status.
    ///
    /// Call it with the span detached, so that the context it leaves to is the
    /// current one.
    #[cold]
    fn record_failure(&self, mut failure: Failure) {
        if !self.is_recording() {
            return;
        }
        let span = self.context().span();
        failure.forget_what_is_recorded(span.span_context());
        if let Some(attributes) = failure.take_event_attributes() {
            exception::record(self.context(), Origin::Returned, attributes);
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
            exception::record(self.context(), Origin::Panicked, attributes);
        }
        span.set_attribute(KeyValue::new("error.type", "panic"));
        set_automatic_status(self.context(), report.message);
    }

    #[inline]
    pub(crate) fn end(self) {
        let may_be_recording = self.may_be_recording();
        if let (Live::Span(context), true) = (self, may_be_recording) {
            context.span().end();
        }
    }

    /// The function returned; `failure` is what it returned, if that is one.
    #[inline]
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
/// Dropped without `exit`, it takes it that a panic is unwinding.
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
    #[inline]
    pub(crate) fn nothing() -> Self {
        Entered { active: None }
    }

    #[inline(never)]
    pub(crate) fn start(&mut self, site: &'static Site) {
        start(site, |context| self.activate(context));
    }

    #[inline(never)]
    pub(crate) fn start_with(&mut self, site: &'static Site, fill: &mut dyn FnMut(&mut Draft)) {
        let carrier = start_with(site, fill, |context| self.activate(context));
        if let Some(carrier) = carrier {
            self.activate_live(Live::Context(carrier));
        }
    }

    fn activate_live(&mut self, live: Live) {
        let guard = live.attach();
        self.active = Some(Active { guard, live });
    }

    // Out of line, so that the context stays where it was written until its clone
    // is attached.
    #[inline(never)]
    fn activate(&mut self, context: Context) {
        let guard = context.clone().attach();
        let live = Live::Span(context);
        self.active = Some(Active { guard, live });
    }

    /// Ends the span, with what `observe` makes of the function's result.
    ///
    /// It takes a reference, as moving this to where it is looked at would cost
    /// a function without a provider more than the look.
    #[inline]
    pub(crate) fn exit(&mut self, mut observe: impl FnMut() -> Option<Failure>) {
        if self.active.is_some() {
            self.settle(&mut observe);
        }
    }

    // Every annotated function has a copy of what knows its types: as little as can be.
    #[inline(never)]
    fn settle(&mut self, observe: &mut dyn FnMut() -> Option<Failure>) {
        // With `self` whole: should `observe` panic, the span still ends.
        let active = self.active.as_ref();
        let is_recording = active.is_some_and(|active| active.live.may_be_recording());
        let failure = is_recording.then(observe).flatten();
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

    #[cold]
    #[inline(never)]
    fn unwind(&mut self) {
        if let Some(active) = self.active.take() {
            active.detach().unwind();
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
    #[inline]
    fn drop(&mut self) {
        if self.active.is_some() {
            self.unwind();
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
            .is_some_and(|active| active.live.may_be_recording())
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

/// Runs `body` in `span` and asks `observer` what its result says.
///
/// That this is a function, and asks for an `FnOnce`, is what lets a method's
/// body give out a `&mut` borrow of `self`: a closure called where it is
/// written is inferred to be an `FnMut`, which may not. The macro names `R` here
/// and not on the closure, as Clippy judges what a closure says that it returns
/// more harshly than what a function does (`result_large_err`).
#[inline]
pub fn run<R, B, O>(mut span: Entered, body: B, mut observer: O) -> R
where
    B: FnOnce() -> R,
    O: Observer<R>,
{
    let out = body();
    span.exit(|| observer.observe(&out));
    // It is empty now, and its drop is for those who unwind.
    mem::forget(span);
    out
}

/// [`run`] with a closure to ask, which may leave out what it is called with.
#[inline]
pub fn run_with<R, B, O>(span: Entered, body: B, observe: O) -> R
where
    B: FnOnce() -> R,
    O: FnMut(&R) -> Option<Failure>,
{
    run(span, body, Called(observe))
}

/// The same of a closure's body. The first argument is there to be told the type that is
/// expected of the result, before the body is looked at.
#[inline]
pub fn run_closure<R, B, O>(_: PhantomData<R>, span: Entered, body: B, observe: O) -> R
where
    B: FnOnce() -> R,
    O: FnMut(&R) -> Option<Failure>,
{
    run_with(span, body, observe)
}

/// A value that was made in the span of `guard`, which ends here.
///
/// It is an argument, so that what it borrows from a temporary lives as long as without us,
/// and comes after one that is told the type which is expected of it.
#[inline]
pub fn pass<R>(
    _: PhantomData<R>,
    guard: Guard,
    value: R,
    observe: impl FnOnce(&R) -> Option<Failure>,
) -> R {
    saw(&guard, value, observe)
}

/// The same on its way out of a function, whose span goes on.
#[inline]
pub fn saw<R>(guard: &Guard, value: R, observe: impl FnOnce(&R) -> Option<Failure>) -> R {
    guard.saw(|| observe(&value));
    value
}
