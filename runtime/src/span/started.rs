//! A span that has started and is not current yet.

use std::mem;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::live::Live;
use super::start::{Hold, start_drafted, with_baggage};
use crate::attributes::Attributes;
use crate::call_site::Site;
use crate::current_context::{self, ContextStack};
use crate::panic;
use crate::propagation::{self, CarrierMut};
use crate::start_options::Draft;

/// A span that has started and is not current yet; nothing, if there is no
/// provider.
#[derive(Debug, Default)]
#[must_use]
pub struct Started {
    pub(crate) live: Option<Live>,
}

impl Started {
    #[inline]
    pub(crate) fn nothing() -> Self {
        Started { live: None }
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
        let mut draft = Draft::named(site.name);
        fill(&mut draft);
        let mut started = Started::nothing();
        start_drafted(site, None, &mut draft, &mut started);
        started
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
}

impl Hold for Started {
    #[inline(never)]
    fn hold_span(&mut self, context: &mut Context) {
        self.live = Some(Live::Span(mem::take(context)));
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.live = Some(Live::Context(context));
    }
}
