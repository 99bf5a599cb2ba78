//! The static call site that every annotated function owns.

use std::any::type_name;

use opentelemetry::trace::SpanKind;

use crate::function_paths::Paths;
use crate::scope_state::ScopeState;

/// What is known of a function's spans before the first one starts.
#[derive(Debug)]
pub struct CallSite {
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    pub(crate) scope: ScopeState,
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

impl CallSite {
    /// A call site: the span's name, its kind, the scope's name and version, and the
    /// module of a function that is called as the span is.
    pub const fn new(
        name: &'static str,
        kind: SpanKind,
        scope: &'static str,
        version: &'static str,
        module: &'static str,
    ) -> Self {
        CallSite {
            name,
            kind,
            scope: ScopeState::new(scope, version),
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
    pub const fn keeping_context(mut self) -> Self {
        self.scope.keeps_context = true;
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
}
