//! The static call site that every annotated function owns.

use std::any::type_name;

use opentelemetry::trace::SpanKind;

use crate::current_context::ContextStack;
use crate::draft::{Attributes, Draft};
use crate::filter::Paths;
use crate::future::Deferred;
use crate::provider::{self, Scope};
use crate::span::{Entered, Started};

/// What is known of a function's spans before the first one starts.
#[derive(Debug)]
pub struct Site {
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    pub(crate) scope: Scope,
    module: &'static str,
    function: Function,
}

/// The function whose span it is, below its module.
#[derive(Debug)]
enum Function {
    /// `Type::method`, or whatever else is known when the macro runs.
    Known(&'static str),
    /// Around what this names: the macro cannot see that far.
    Around(fn() -> &'static str),
}

impl Site {
    /// A call site: the span's name, its kind, the scope's name and version, and the
    /// module of a function that is called as the span is.
    pub const fn new(
        name: &'static str,
        kind: SpanKind,
        scope: &'static str,
        version: &'static str,
        module: &'static str,
    ) -> Self {
        Site {
            name,
            kind,
            scope: Scope::new(scope, version),
            module,
            function: Function::Known(name),
        }
    }

    /// A call site of `function`, whose span is called something else.
    pub const fn of(mut self, function: &'static str) -> Self {
        self.function = Function::Known(function);
        self
    }

    /// A call site somewhere in a function: the one around `_closure`, which is written
    /// here for the name of its type.
    pub const fn within<F: Copy>(mut self, _closure: F) -> Self {
        self.function = Function::Around(type_name::<F>);
        self
    }

    /// A call site with `baggage` or `extract`: its context is set up even when
    /// there is no provider to give it a span.
    pub const fn carrying(mut self) -> Self {
        self.scope.is_carrying = true;
        self
    }

    /// By which paths a filter may call the function.
    pub(crate) fn paths(&self) -> Paths {
        match self.function {
            Function::Known(function) => Paths::of(self.module, function),
            Function::Around(closure) => Paths::around(self.module, closure()),
        }
    }

    /// Whether there is nothing to do for a call.
    #[inline]
    pub(crate) fn is_absent(&self) -> bool {
        self.scope.is_absent()
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

    /// Starts a span with the attributes that `fill` gives, at most `count` of them; `fill`
    /// does not run when there is no provider.
    #[inline]
    pub fn start_with_attributes(
        &'static self,
        count: usize,
        fill: &mut dyn FnMut(&mut Attributes),
    ) -> Started {
        match self.is_absent() {
            true => Started::nothing(),
            false => Started::attributed(self, count, fill),
        }
    }

    /// The same of a span as `fill` drafts it.
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
        match self.is_absent() {
            true => Entered::nothing(),
            false => Entered::started(self),
        }
    }

    /// [`Site::start_with_attributes`], made current.
    #[inline]
    pub fn enter_with_attributes(
        &'static self,
        count: usize,
        fill: &mut dyn FnMut(&mut Attributes),
    ) -> Entered {
        match self.is_absent() {
            true => Entered::nothing(),
            false => Entered::attributed(self, count, fill),
        }
    }

    /// [`Site::start_with`], made current.
    #[inline]
    pub fn enter_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Entered {
        match self.is_absent() {
            true => Entered::nothing(),
            false => Entered::drafted(self, fill),
        }
    }

    /// A span that starts when its future is first polled.
    #[inline]
    pub fn defer(&'static self) -> Deferred {
        Deferred {
            site: Some(self),
            draft: None,
        }
    }

    /// [`Site::defer`], with what `fill` drafts now, if there is to be a span at all.
    pub fn defer_with(&'static self, fill: &mut dyn FnMut(&mut Draft)) -> Deferred {
        if self.is_absent()
            || ContextStack::of_this_thread().is_none()
            || (!self.scope.is_carrying && provider::is_off(self))
        {
            return Deferred {
                site: None,
                draft: None,
            };
        }
        let mut draft = Draft::new(self);
        fill(&mut draft);
        Deferred {
            site: Some(self),
            draft: Some(Box::new(draft)),
        }
    }
}
