//! How a span is started, made current and ended: the only place that knows.
//!
//! Every function here keeps one order. The user's code (attribute
//! expressions, `Display`, `Drop`, a sampler, a processor) never runs while a
//! borrow of OpenTelemetry's context stack is held, so it may start spans and
//! attach contexts as it likes. And a span is ended by name, never by the drop
//! of the last context: a spawned task may hold that one for an hour.

mod entered;
mod kept;
mod now;
mod start;

use std::mem;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, KeyValue};

pub(crate) use self::entered::Entered;
pub use self::entered::{pass, run, run_closure, run_with, saw, saw_returned};
#[cfg(any(feature = "init", feature = "testing"))]
pub(crate) use self::kept::is_automatic_status;
use self::kept::set_automatic_status;
#[cfg(any(feature = "init", feature = "testing"))]
pub(crate) use self::now::is_now;
use self::now::now;
use self::start::{start, start_drafted, start_drafting, start_with_attributes, with_baggage};
use crate::current_context::{self, ContextStack};
use crate::draft::{Attributes, Draft};
use crate::exception::{self, Origin};
use crate::failure::Failure;
use crate::future::Deferred;
use crate::panic;
use crate::propagation::{self, CarrierMut};
use crate::provider;
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
    pub(crate) fn attributed(
        site: &'static Site,
        count: usize,
        fill: &mut dyn FnMut(&mut Attributes),
    ) -> Self {
        let mut started = Started::nothing();
        start_with_attributes(site, count, fill, |context| started.hold(context));
        started
    }

    #[inline(never)]
    pub(crate) fn drafted(site: &'static Site, fill: &mut dyn FnMut(&mut Draft)) -> Self {
        let mut started = Started::nothing();
        let carrier = start_drafting(site, fill, |context| started.hold(context));
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
        let current = current_context::current();
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
        if ContextStack::of_this_thread().is_none() {
            return Started::nothing();
        }
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
            None => Live::Context(with_added(current_context::current())),
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
    fn hold(&mut self, context: &mut Context) {
        self.live = Some(Live::Span(mem::take(context)));
    }
}

impl Deferred {
    /// Starts the span and makes it current until the result is gone.
    pub fn enter(self) -> Entered {
        match (self.site, self.draft) {
            (None, _) => Entered::nothing(),
            (Some(site), None) => Entered::started(site),
            (Some(site), Some(draft)) => Started::of_draft(site, *draft).enter(),
        }
    }

    /// Starts the span, if there is to be one, and gives it away.
    #[inline]
    pub(crate) fn start(self, hold: impl FnOnce(Live)) {
        match (self.site, self.draft) {
            (None, _) => {}
            (Some(site), None) => start(site, |context| hold(Live::Span(mem::take(context)))),
            (Some(site), Some(draft)) => {
                if let Some(live) = Started::of_draft(site, *draft).live {
                    hold(live);
                }
            }
        }
    }
}

impl Live {
    #[inline]
    pub(crate) fn context(&self) -> &Context {
        match self {
            Live::Span(context) => context,
            Live::Borrowed(context) | Live::Context(context) => context,
        }
    }

    // Out of line, so that every poll of every future is a call and no more.
    #[inline(never)]
    pub(crate) fn attach(&self, stack: ContextStack) -> ContextGuard {
        stack.attach(self.context().clone())
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
    pub(crate) fn record_failure(&self, mut failure: Failure) {
        if !self.is_recording() {
            return;
        }
        self.record_exception(&mut failure);
        if let Some(error_type) = failure.error_type() {
            let span = self.context().span();
            span.set_attribute(KeyValue::new("error.type", error_type));
        }
        set_automatic_status(self.context(), failure.message().to_owned());
        failure.leave_to(&current_context::current());
    }

    /// Another item of a stream that failed already is an `Err`: that of the first says why the
    /// span failed, as an attribute that is set again is there twice.
    #[cfg(feature = "stream")]
    #[cold]
    pub(crate) fn record_further_failure(&self, mut failure: Failure) {
        if self.is_recording() {
            self.record_exception(&mut failure);
            failure.leave_to(&current_context::current());
        }
    }

    fn record_exception(&self, failure: &mut Failure) {
        failure.forget_what_is_recorded(self.context().span().span_context());
        if let Some(attributes) = failure.take_event_attributes() {
            exception::record(self.context(), Origin::Returned, attributes);
        }
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

    // These leave the span where it is, ended: to move it would cost more than to end it.

    #[inline]
    pub(crate) fn end(&self) {
        let may_be_recording = self.may_be_recording();
        self.finish(may_be_recording, None);
    }

    /// The function returned; `failure` is what it returned, if that is one: for which it was
    /// asked because the span [may be recording](Live::may_be_recording).
    #[inline(always)]
    pub(crate) fn finish(&self, may_be_recording: bool, failure: Option<Failure>) {
        if let Some(failure) = failure {
            self.record_failure(failure);
        }
        if let (Live::Span(context), true) = (self, may_be_recording) {
            context.span().end_with_timestamp(now());
            current_context::note_ended_span();
        }
    }

    /// A panic unwinds through the function.
    pub(crate) fn unwind(&self) {
        self.record_panic();
        self.end();
    }

    /// The future was dropped before it finished.
    pub(crate) fn cancel(&self) {
        if let Live::Span(context) = self {
            let span = context.span();
            span.set_attribute(KeyValue::new("traced.cancelled", true));
            span.end_with_timestamp(now());
            current_context::note_ended_span();
        }
    }
}
