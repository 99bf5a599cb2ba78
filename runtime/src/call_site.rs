//! The static call site that every annotated function owns: data only.

use std::any::type_name;
use std::panic::Location;
#[cfg(feature = "metrics")]
use std::sync::atomic::AtomicUsize;

use opentelemetry::trace::SpanKind;

use crate::function_paths::Paths;
use crate::scope_state::ScopeState;
use crate::span_level::SpanLevel;

/// The constant properties of a function's spans, and the state of their scope.
#[derive(Debug)]
pub struct CallSite {
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    pub(crate) level: SpanLevel,
    pub(crate) scope: ScopeState,
    module: &'static str,
    function: Function,
    /// Whether a span of this site stands for a call of the function.
    is_function: bool,
    /// Its number among the call sites that were measured, plus one; 0 before the first measurement.
    #[cfg(feature = "metrics")]
    pub(crate) number_plus_one: AtomicUsize,
    location: &'static Location<'static>,
}

/// The path of the function below its module.
#[derive(Debug)]
enum Function {
    /// `Type::method`, or the function's name, which the macro knows.
    Known(&'static str),
    /// The function around a closure, which the macro does not see: from the name of the closure's type.
    Around(fn() -> &'static str),
}

impl CallSite {
    /// A call site from the span's name and kind, the scope's name and version, and the module of the function,
    /// whose name is the span's. Its location is the caller's, which is the attribute's in an expansion.
    #[track_caller]
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
            level: SpanLevel::Info,
            scope: ScopeState::new(scope, version),
            module,
            function: Function::Known(name),
            is_function: true,
            #[cfg(feature = "metrics")]
            number_plus_one: AtomicUsize::new(0),
            location: Location::caller(),
        }
    }

    /// Sets the location to the caller's. For an attribute on a container, which stands above all its functions.
    #[track_caller]
    pub const fn here(mut self) -> Self {
        self.location = Location::caller();
        self
    }

    /// Sets the path of the function, for a span with another name.
    pub const fn of(mut self, function: &'static str) -> Self {
        self.function = Function::Known(function);
        self
    }

    /// Sets the function to the one around `_closure`, which is passed for the name of its type.
    pub const fn within<F: Copy>(mut self, _closure: F) -> Self {
        self.function = Function::Around(type_name::<F>);
        self
    }

    /// A call site of an expression inside the function around `closure`.
    pub const fn inside<F: Copy>(self, closure: F) -> Self {
        self.within(closure).of_no_function()
    }

    /// A call site whose spans do not stand for calls of a function but for an expression, a request or a statement.
    pub const fn of_no_function(mut self) -> Self {
        self.is_function = false;
        self
    }

    /// A call site with `baggage` or `extract`, whose context is set up even without a provider.
    pub const fn keeping_context(mut self) -> Self {
        self.scope.keeps_context = true;
        self
    }

    /// Sets the level, if it is not [`SpanLevel::Info`].
    pub const fn at_level(mut self, level: SpanLevel) -> Self {
        self.level = level;
        self
    }

    /// The paths by which a filter may name the function.
    pub(crate) fn paths(&self) -> Paths {
        match self.function {
            Function::Known(function) => Paths::of(self.module, function),
            Function::Around(closure) => Paths::around(self.module, closure()),
        }
    }

    /// The path of the function with its crate: the module, and `Type::method` or the function's name.
    #[cfg_attr(
        not(feature = "init"),
        allow(dead_code, reason = "only our own provider passes call sites on")
    )]
    pub(crate) fn function_path(&self) -> String {
        self.paths().into_path()
    }

    /// Whether a span of this site stands for a call of the function.
    #[cfg_attr(
        not(feature = "metrics"),
        allow(dead_code, reason = "used by the durations of functions")
    )]
    pub(crate) fn is_function(&self) -> bool {
        self.is_function
    }

    /// Whether spans of many names start here: a call site of this library, for statements or requests. Those of a
    /// user's expressions stand inside a function.
    #[cfg_attr(
        not(feature = "init"),
        allow(dead_code, reason = "used where lost contexts are counted")
    )]
    pub(crate) fn has_many_names(&self) -> bool {
        !self.is_function && matches!(self.function, Function::Known(_))
    }

    /// The file and line of the attribute, the function or the expression.
    #[cfg_attr(
        not(feature = "init"),
        allow(dead_code, reason = "only `init` records it")
    )]
    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Whether a call has nothing to do, as it has no span.
    #[inline]
    pub(crate) fn is_absent(&self) -> bool {
        self.scope.is_absent()
    }
}
