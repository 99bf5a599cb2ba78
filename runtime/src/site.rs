//! The static call site that every annotated function owns.

use opentelemetry::trace::SpanKind;

use crate::draft::Draft;
use crate::future::Deferred;
use crate::provider::Scope;
use crate::span::{Entered, Started};

/// What is known of a function's spans before the first one starts.
#[derive(Debug)]
pub struct Site {
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    pub(crate) scope: Scope,
    /// Whether the context carries something even without a provider.
    pub(crate) is_carrying: bool,
}

impl Site {
    /// A call site: the span's name, its kind, and the scope's name and version.
    pub const fn new(
        name: &'static str,
        kind: SpanKind,
        scope: &'static str,
        version: &'static str,
    ) -> Self {
        Site {
            name,
            kind,
            scope: Scope::new(scope, version),
            is_carrying: false,
        }
    }

    /// A call site with `baggage` or `extract`: its context is set up even when
    /// there is no provider to give it a span.
    pub const fn carrying(self) -> Self {
        Site {
            is_carrying: true,
            kind: self.kind,
            scope: self.scope,
            name: self.name,
        }
    }

    /// Whether there is nothing to do for a call.
    #[inline]
    pub(crate) fn is_absent(&self) -> bool {
        self.scope.is_absent() && !self.is_carrying
    }

    // Inline is what a function pays for without a provider, and nothing else.

    /// Starts a span under the current context.
    #[inline]
    pub fn start(&'static self) -> Started {
        match self.is_absent() {
            true => Started::nothing(),
            false => Started::new(self),
        }
    }

    /// Starts a span as `fill` drafts it; `fill` does not run when there is no
    /// provider.
    #[inline]
    pub fn start_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Started {
        match self.is_absent() {
            true => Started::nothing(),
            false => Started::drafted(self, fill),
        }
    }

    /// Starts a span and makes it current until the result is dropped or exits.
    #[inline]
    pub fn enter(&'static self) -> Entered {
        // Returned from here, the nothing is a constant to who looks at it.
        if self.is_absent() {
            return Entered::nothing();
        }
        let mut entered = Entered::nothing();
        entered.start(self);
        entered
    }

    /// [`Site::start_with`], made current.
    #[inline]
    pub fn enter_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Entered {
        if self.is_absent() {
            return Entered::nothing();
        }
        let mut entered = Entered::nothing();
        entered.start_with(self, fill);
        entered
    }

    /// A span that starts when its future is first polled.
    #[inline]
    pub fn defer(&'static self) -> Deferred {
        Deferred {
            site: self,
            draft: None,
        }
    }

    /// [`Site::defer`], with what `fill` drafts now.
    pub fn defer_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Deferred {
        let mut draft = Draft::new(self);
        fill(&mut draft);
        Deferred {
            site: self,
            draft: Some(Box::new(draft)),
        }
    }
}
