//! A span that has started and is not current yet.

use std::{mem, thread};

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

use super::active::ActiveSpan;
use super::start::{Hold, start_with_options, with_baggage};
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context::{self, ContextStack};
#[cfg(feature = "metrics")]
use crate::metrics::Measurement;
use crate::panic;
use crate::polls::{self, Place};
use crate::propagation::{self, CarrierMut};
use crate::scoped_attributes::with_scoped;
use crate::start_options::StartOptions;

/// A span that has started and is not current yet; empty without a provider.
#[derive(Debug, Default)]
#[must_use]
pub struct Started {
    pub(crate) active: Option<ActiveSpan>,
}

impl Started {
    #[inline]
    pub(crate) fn nothing() -> Self {
        Started { active: None }
    }

    /// `current`: the caller's span, with these attributes.
    pub fn current(fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        let current = current_context::current();
        if !current.span().is_recording() {
            return Started::default();
        }
        panic::start_listening();
        let mut attributes = Attributes::default();
        fill(&mut attributes);
        current.span().set_attributes(attributes.values);
        Started {
            active: Some(ActiveSpan::Borrowed(Box::new(current))),
        }
    }

    /// `enabled = false`: no span, but a context with the parent, baggage and scoped attributes of the options.
    pub fn carried(site: &'static CallSite, fill: &mut dyn FnMut(&mut StartOptions)) -> Self {
        if ContextStack::of_this_thread().is_none() {
            return Started::nothing();
        }
        let mut options = StartOptions::named(site.name);
        fill(&mut options);
        let mut started = Started::nothing();
        start_with_options(site, None, &mut options, &mut started);
        started
    }

    /// `baggage(..)` on a function without a span of its own.
    pub fn baggage(self, fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        self.with_context(fill, with_baggage)
    }

    /// `scoped(..)` on a function without a span of its own.
    pub fn scoped(self, fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        self.with_context(fill, with_scoped)
    }

    fn with_context(
        self,
        fill: &mut dyn FnMut(&mut Attributes),
        with: fn(Context, Vec<KeyValue>) -> Context,
    ) -> Self {
        let mut added = Attributes::default();
        fill(&mut added);
        let with_added = |context| Box::new(with(context, added.values));
        let active = match self.active {
            Some(ActiveSpan::Borrowed(context)) => ActiveSpan::Borrowed(with_added(*context)),
            None => ActiveSpan::Context(with_added(current_context::current())),
            Some(active) => active,
        };
        Started {
            active: Some(active),
        }
    }

    /// `lazy(..)`: attributes that are evaluated only if the span records.
    pub fn lazy(self, fill: &mut dyn FnMut(&mut Attributes)) -> Self {
        if let Some(active) = self.active.as_ref().filter(|active| active.is_recording()) {
            let unwinding = UnwindGuard(active);
            let mut attributes = Attributes::default();
            fill(&mut attributes);
            mem::forget(unwinding);
            active.context().span().set_attributes(attributes.values);
        }
        self
    }

    /// `inject = expression`: holds the span while the expression is evaluated, which may panic.
    pub fn injecting(self) -> Injecting {
        Injecting { started: self }
    }

    /// Makes it the span of a sync call, whose polls are not measured.
    pub(crate) fn of_call(self) -> Self {
        Started {
            active: self.active.map(ActiveSpan::of_call),
        }
    }

    /// Ends the span now: it covers the call, and not the future or stream that the call returns.
    pub fn end_now(self) {
        if let Some(active) = self.of_call().active {
            active.end();
        }
    }
}

/// A span that has started, while the carrier of `inject` is evaluated.
#[derive(Debug)]
#[must_use]
pub struct Injecting {
    started: Started,
}

impl Injecting {
    /// Writes the span into `carrier`, as the parent of the receiver's span.
    ///
    /// A function without a span of its own passes on the current span.
    pub fn inject<C: CarrierMut + ?Sized>(mut self, carrier: &mut C) -> Started {
        let active = &self.started.active;
        match active.as_ref().and_then(ActiveSpan::own_context) {
            Some(context) => propagation::inject_context(context, carrier),
            None => propagation::inject(carrier),
        }
        mem::take(&mut self.started)
    }
}

impl Drop for Injecting {
    #[inline]
    fn drop(&mut self) {
        // Without a panic, the expression has left the function with `?`, or the span was injected.
        if let Some(active) = self.started.active.as_ref().filter(|_| thread::panicking()) {
            active.unwind();
        }
    }
}

/// Guards user code that runs before the span is current: if it is dropped, a panic is assumed to be unwinding, which
/// leaves the function.
struct UnwindGuard<'l>(&'l ActiveSpan);

impl Drop for UnwindGuard<'_> {
    #[cold]
    fn drop(&mut self) {
        self.0.unwind();
    }
}

impl Hold for Started {
    #[inline(never)]
    fn hold_span(&mut self, site: &'static CallSite, context: &mut Context) {
        let active = Some(ActiveSpan::Span(mem::take(context)));
        // A span is held once, so the replaced value has nothing to drop.
        debug_assert!(self.active.is_none(), "held twice");
        mem::forget(mem::replace(&mut self.active, active));
        if polls::are_watched() {
            let active = self.active.take();
            self.active = active.map(|active| active.of_future(Some(Place::Site(site))));
        }
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.active = Some(ActiveSpan::Context(context));
    }

    #[cfg(feature = "metrics")]
    fn measure(&mut self, measurement: Measurement) {
        self.active = Some(ActiveSpan::measured(self.active.take(), measurement));
    }
}
