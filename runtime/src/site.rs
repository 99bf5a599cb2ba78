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

    /// Starts a span under the current context.
    pub fn start(&'static self) -> Started {
        Started::new(self, None)
    }

    /// Starts a span as `fill` drafts it; `fill` does not run when there is no
    /// provider.
    pub fn start_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Started {
        Started::new(self, Some(fill))
    }

    /// Starts a span and makes it current until the result is dropped or exits.
    pub fn enter(&'static self) -> Entered {
        self.start().enter()
    }

    /// [`Site::start_with`], made current.
    pub fn enter_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Entered {
        self.start_with(fill).enter()
    }

    /// A span that starts when its future is first polled.
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
