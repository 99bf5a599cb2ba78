//! Which functions have a span, and which code makes one, with any of the libraries for spans.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Item, Macro};

use super::branches::expressions;
use super::program::Program;
use super::reachable::{self, called_in};
use super::span_macros::SpanMacro;
use crate::functions::{Function, has_attribute};
use crate::syntax::path_of;

/// Looks for spans.
#[derive(Clone, Copy)]
pub(super) struct Spans<'p, 'a> {
    program: &'p Program<'a>,
    /// Whether those of `tracing` count.
    of_tracing: bool,
}

impl<'p, 'a> Spans<'p, 'a> {
    /// Those of `tracing` count, because another package may export them.
    pub(super) fn of_any_library(program: &'p Program<'a>) -> Self {
        let of_tracing = true;
        Spans {
            program,
            of_tracing,
        }
    }

    /// Those of `tracing` count if this package, or one of its own beside it, exports them.
    pub(super) fn exported(program: &'p Program<'a>) -> Self {
        Spans {
            program,
            of_tracing: exports_tracing(program),
        }
    }

    /// Whether a function has a span, by its attribute or because it makes one.
    pub(super) fn has_one(&self, function: &Function<'_>) -> bool {
        let is_of_fastrace = |name: &str| {
            self.program.package.dependencies.has(name)
                && has_attribute(&function.attributes, &["trace"])
        };
        function.is_traced()
            || (self.of_tracing && has_attribute(&function.attributes, &["instrument"]))
            || ["fastrace", "minitrace"].into_iter().any(is_of_fastrace)
            || self.makes_one(&function.block)
    }

    /// Whether code makes a span and is in it. What it spawns has spans of its own.
    pub(super) fn makes_one(&self, code: &Block) -> bool {
        self.is_in_one(&Made::by(code, self.program, false))
    }

    /// The same, or whether what it spawns does: the whole work for a message may be a task.
    pub(super) fn makes_or_spawns_one(&self, code: &Block) -> bool {
        self.is_in_one(&Made::by(code, self.program, true))
    }

    fn is_in_one(&self, made: &Made) -> bool {
        made.is_current
            || (self.of_tracing && made.instruments)
            || (self.of_tracing && made.of_tracing && made.enters)
    }

    /// Whether code makes a span of `tracing`, for others to enter.
    pub(super) fn starts_one_of_tracing(&self, code: &Block) -> bool {
        self.of_tracing && Made::by(code, self.program, false).of_tracing
    }

    /// Whether the code for a unit of work has a span: it makes one, calls a function with one, or calls, itself or
    /// through others, a function that begins a trace.
    pub(super) fn covers(&self, work: &Block, from: &Function<'a>) -> bool {
        if self.makes_or_spawns_one(work) {
            return true;
        }
        let called = called_in(self.program, work, from);
        called.iter().any(|callee| self.has_one(callee)) || self.begins_below(work, from)
    }

    /// Whether code calls, itself or through others, a function that begins a trace.
    fn begins_below(&self, work: &Block, from: &Function<'a>) -> bool {
        self.one_begins(called_in(self.program, work, from))
    }

    /// Whether one of the functions, or of those that they call, begins a trace.
    pub(super) fn one_begins(&self, functions: Vec<&'a Function<'a>>) -> bool {
        let reached = reachable::from(self.program, functions);
        let mut reached = reached.certain.into_iter();
        reached.any(|function| begins_a_trace(self.program, function))
    }
}

/// Whether a package installs the layer that exports the spans of `tracing`, or one by a path that it depends on.
pub(super) fn exports_tracing(program: &Program<'_>) -> bool {
    let dependencies = &program.package.dependencies;
    dependencies.reaches("tracing-opentelemetry")
}

/// Whether a function begins a trace, or continues that of a message, wherever it is called.
fn begins_a_trace(program: &Program<'_>, function: &Function<'_>) -> bool {
    const WORDS: &[&str] = &["extract", "parent", "root", "\"consumer\"", "\"server\""];
    let by_attribute = function.ours.as_ref().is_some_and(|ours| {
        let words = ours.args.clone().into_iter().map(|word| word.to_string());
        function.is_traced() && words.into_iter().any(|word| WORDS.contains(&word.as_str()))
    });
    by_attribute || Made::by(&function.block, program, true).begins_a_trace
}

/// What code does to have a span.
#[derive(Default)]
struct Made {
    with_spawned: bool,
    /// Methods of these names may be those of a span or a context: the package can have such values.
    has_bridge: bool,
    has_contexts: bool,
    /// It makes a span that is current in the code below.
    is_current: bool,
    /// Its span has a parent by hand.
    begins_a_trace: bool,
    /// `.instrument(span)`
    instruments: bool,
    /// `info_span!(..)`
    of_tracing: bool,
    enters: bool,
}

impl Made {
    fn by(code: &Block, program: &Program<'_>, with_spawned: bool) -> Self {
        let dependencies = &program.package.dependencies;
        let mut made = Made {
            with_spawned,
            has_bridge: exports_tracing(program),
            has_contexts: ["opentelemetry", "traced"]
                .iter()
                .any(|krate| dependencies.reaches(krate)),
            ..Made::default()
        };
        made.visit_block(code);
        made
    }

    fn is_left_out(&self, name: &str) -> bool {
        !self.with_spawned && name.starts_with("spawn")
    }
}

impl<'ast> Visit<'ast> for Made {
    fn visit_macro(&mut self, mac: &'ast Macro) {
        match SpanMacro::of(mac) {
            Some(SpanMacro::OfTracing) => self.of_tracing = true,
            Some(SpanMacro::OfCode) => self.is_current = true,
            None => {}
        }
        for inside in &expressions(mac) {
            self.visit_expr(inside);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        match name.as_str() {
            // The contexts of other libraries have no method of these names.
            "start_with_context" => {
                self.is_current = true;
                self.begins_a_trace = true;
            }
            "in_span" => self.is_current = true,
            // A parser has spans too, and gives them to a closure.
            "with_span" => {
                let is_context = call.args.len() == 1 && !matches!(call.args[0], Expr::Closure(_));
                self.is_current |= self.has_contexts && is_context;
            }
            "instrument" => self.instruments |= call.args.len() == 1,
            "enter" | "entered" | "in_scope" => self.enters = true,
            "set_parent" => self.begins_a_trace |= self.has_bridge,
            _ => {}
        }
        match self.is_left_out(&name) {
            true => self.visit_expr(&call.receiver),
            false => visit::visit_expr_method_call(self, call),
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        self.is_current |= match path.as_slice() {
            [.., name] if name == "current_with_span" || name == "mark_span_as_active" => true,
            // Of fastrace.
            [.., owner, name] if owner == "Span" || owner == "LocalSpan" => {
                name == "root" || name.starts_with("enter_with")
            }
            _ => false,
        };
        if !path.last().is_some_and(|name| self.is_left_out(name)) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}
