//! Spans that are started, failed or ended by hand.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, ExprPath, Item, Lit, Macro, Pat, Stmt};

use super::Subject;
use super::local::{Locals, bound_name, local_name, mentions, only, path_of, plain};
use super::mentions as mentions_any;
use crate::diagnostics::{self, Errors};

/// A span that is started and not made current has no children: what runs
/// meanwhile is attached elsewhere in the trace, or to no trace at all.
pub(super) fn span_not_entered(subject: &Subject<'_>, errors: &mut Errors) {
    let Some((body, locals)) = subject.body() else {
        return;
    };
    let mut visitor = SpansNotEntered {
        locals: &locals,
        errors,
    };
    visitor.visit_block(body);
}

struct SpansNotEntered<'a, 'b> {
    locals: &'a Locals<'b>,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for SpansNotEntered<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        for (place, statement) in block.stmts.iter().enumerate() {
            let Stmt::Local(local) = statement else {
                continue;
            };
            let (Some(name), Some(init)) = (bound_name(local), &local.init) else {
                continue;
            };
            if !starts_span(&init.expr, self.locals) {
                continue;
            }
            let mut uses = UsesOfSpan {
                name,
                is_used_otherwise: false,
                covers_work: false,
            };
            uses.follow(&block.stmts[place + 1..]);
            if uses.covers_work && !uses.is_used_otherwise {
                self.errors.push(diagnostics::span_not_entered(name));
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `tracer.start("x")`, `tracer.build(builder)`, `tracer.span_builder("x").start(&tracer)`.
fn starts_span(expr: &Expr, locals: &Locals<'_>) -> bool {
    let Expr::MethodCall(call) = plain(expr) else {
        return false;
    };
    let arguments = match call.method.to_string().as_str() {
        "start" | "build" => 1,
        "start_with_context" | "build_with_context" => 2,
        _ => return false,
    };
    let is_span = locals.is_tracer(&call.receiver)
        || (call
            .args
            .first()
            .is_some_and(|first| locals.is_tracer(first))
            && is_builder(&call.receiver));
    // A span with a start of its own tells of something that is over.
    call.args.len() == arguments
        && is_span
        && !mentions_any(expr.to_token_stream(), &|word| word == "with_start_time")
}

/// `..span_builder("x")`, with what is set on it.
fn is_builder(expr: &Expr) -> bool {
    match plain(expr) {
        Expr::MethodCall(call) => call.method == "span_builder" || is_builder(&call.receiver),
        Expr::Call(call) => match path_of(&call.func).as_slice() {
            [.., owner, _] => owner == "SpanBuilder",
            _ => false,
        },
        _ => false,
    }
}

/// Methods of a span that do not make it current, nor give it to anyone.
const METHODS_OF_SPAN: &[&str] = &[
    "add_event",
    "add_event_with_timestamp",
    "add_link",
    "end",
    "is_recording",
    "record_error",
    "set_attribute",
    "set_attributes",
    "set_status",
    "update_name",
];

/// Methods of the standard library's values, below which nothing can have a span.
#[rustfmt::skip]
const METHODS_OF_VALUES: &[&str] = &[
    "abs", "as_bytes", "as_deref", "as_mut", "as_ref", "as_str", "chars", "clone", "cloned",
    "contains", "contains_key", "copied", "count", "elapsed", "ends_with", "expect", "first",
    "get", "into", "is_empty", "is_err", "is_negative", "is_none", "is_ok", "is_positive",
    "is_some", "iter", "keys", "last", "len", "max", "min", "starts_with", "sum", "to_owned",
    "to_string", "trim", "unwrap", "unwrap_or", "unwrap_or_default", "values",
];

/// To start another span beside one is no work below it.
const STARTING: &[&str] = &[
    "build",
    "build_with_context",
    "span_builder",
    "start",
    "start_with_context",
    "tracer",
];

/// Whether a span is used for more than itself, and whether anything runs
/// meanwhile that could have spans.
struct UsesOfSpan<'a> {
    name: &'a Ident,
    is_used_otherwise: bool,
    covers_work: bool,
}

impl UsesOfSpan<'_> {
    fn is_span(&self, expr: &Expr) -> bool {
        local_name(expr).is_some_and(|name| name == self.name)
    }

    fn is_dropped_by(&self, call: &ExprCall) -> bool {
        path_of(&call.func)
            .last()
            .is_some_and(|last| last == "drop")
            && only(&call.args).is_some_and(|dropped| self.is_span(dropped))
    }

    fn follow(&mut self, statements: &[Stmt]) {
        for (place, statement) in statements.iter().enumerate() {
            let covered_work = self.covers_work;
            self.visit_stmt(statement);
            if self.is_for_attributes(statement, &statements[place + 1..]) {
                self.covers_work = covered_work;
            }
            if self.is_end(statement) {
                return;
            }
        }
    }

    /// `let total = total(&orders);`, if only the span hears of it: what is worked out for an
    /// attribute is no work below the span. What is waited for is.
    fn is_for_attributes(&self, statement: &Stmt, later: &[Stmt]) -> bool {
        let Stmt::Local(local) = statement else {
            return false;
        };
        bound_name(local).is_some_and(|value| {
            let mut mentioning = later
                .iter()
                .filter(|later| mentions(value, *later))
                .peekable();
            mentioning.peek().is_some()
                && mentioning.all(|later| mentions(self.name, later))
                && !mentions_any(local.to_token_stream(), &|word| word == "await")
        })
    }

    /// Nothing behind `span.end();` is meant to be below the span.
    fn is_end(&self, statement: &Stmt) -> bool {
        match statement {
            Stmt::Expr(Expr::MethodCall(call), _) => self.is_span(&call.receiver) && ends(call),
            Stmt::Expr(Expr::Call(call), _) => self.is_dropped_by(call),
            _ => false,
        }
    }
}

/// `Some(..)` and `KeyValue::new(..)` start no spans.
fn is_constructor(function: &Expr) -> bool {
    let path = path_of(function);
    match path.as_slice() {
        [.., owner, _] if owner == "KeyValue" => true,
        [.., function] => function.starts_with(char::is_uppercase),
        [] => false,
    }
}

impl<'ast> Visit<'ast> for UsesOfSpan<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.is_span(&call.receiver) {
            let is_own = METHODS_OF_SPAN.iter().any(|method| call.method == method);
            let mentions_itself = call.args.iter().any(|arg| mentions(self.name, arg));
            self.is_used_otherwise |= !is_own || mentions_itself;
            return;
        }
        let mut silent = STARTING.iter().chain(METHODS_OF_VALUES);
        self.covers_work |= !silent.any(|method| call.method == method);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if self.is_dropped_by(call) {
            return;
        }
        self.covers_work |= !is_constructor(&call.func);
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.is_used_otherwise |= path.path.is_ident(self.name);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.is_used_otherwise |= mentions(self.name, &mac.tokens);
    }
}

/// What fails is told before the failure: whatever leaves between the two
/// leaves a failed span that does not say why.
pub(super) fn status_before_exception(subject: &Subject<'_>, errors: &mut Errors) {
    if let Some(body) = &subject.body {
        let mut visitor = StatusBeforeException {
            told: Vec::new(),
            errors,
        };
        visitor.visit_block(body);
    }
}

struct StatusBeforeException<'a> {
    /// The spans whose exception is recorded already, as they are written.
    told: Vec<String>,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for StatusBeforeException<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let told_outside = self.told.len();
        for (place, statement) in block.stmts.iter().enumerate() {
            if let Some(call) = method_call(statement) {
                self.check(call, &block.stmts[place + 1..]);
            }
            self.visit_stmt(statement);
        }
        self.told.truncate(told_outside);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl StatusBeforeException<'_> {
    fn check(&mut self, call: &ExprMethodCall, later: &[Stmt]) {
        let span = call.receiver.to_token_stream().to_string();
        if records_exception(call) {
            self.told.push(span);
        } else if fails(call) && !self.told.contains(&span) {
            let mut later = later.iter().filter_map(method_call);
            let exception = later.find(|later| {
                records_exception(later) && later.receiver.to_token_stream().to_string() == span
            });
            if let Some(exception) = exception {
                self.errors.push(diagnostics::status_before_exception(
                    &call.method,
                    &exception.method,
                ));
            }
        }
    }
}

fn method_call(statement: &Stmt) -> Option<&ExprMethodCall> {
    match statement {
        Stmt::Expr(Expr::MethodCall(call), _) => Some(call),
        _ => None,
    }
}

/// `.set_status(Status::error(..))` or with `Status::Error { .. }`.
fn fails(call: &ExprMethodCall) -> bool {
    let is_error = |path: &[String]| match path {
        [.., owner, variant] => owner == "Status" && (variant == "error" || variant == "Error"),
        _ => false,
    };
    call.method == "set_status"
        && only(&call.args).is_some_and(|status| match plain(status) {
            Expr::Call(made) => is_error(&path_of(&made.func)),
            Expr::Struct(made) => {
                let segments = made.path.segments.iter();
                let path: Vec<String> = segments.map(|part| part.ident.to_string()).collect();
                is_error(&path)
            }
            _ => false,
        })
}

fn records_exception(call: &ExprMethodCall) -> bool {
    if call.method == "add_event" {
        let name = call.args.first().map(plain);
        return matches!(
            name,
            Some(Expr::Lit(name)) if matches!(&name.lit, Lit::Str(name) if name.value() == "exception")
        );
    }
    call.method == "record_error"
}

/// The current span is ended by whoever entered it.
pub(super) fn manual_end(subject: &Subject<'_>, errors: &mut Errors) {
    let Some((body, locals)) = subject.body() else {
        return;
    };
    let mut visitor = ManualEnds {
        locals: &locals,
        found: Vec::new(),
    };
    visitor.visit_block(body);
    // Behind a guard of the body's own, the current span may be the body's own.
    if visitor.found.is_empty() || mentions_any(body.to_token_stream(), &enters) {
        return;
    }
    for end in visitor.found {
        errors.push(diagnostics::manual_end(&end));
    }
}

/// Whether the word may make another span current.
fn enters(word: &str) -> bool {
    [
        "attach",
        "in_span",
        "mark_span_as_active",
        "with_context",
        "with_current_context",
        "with_span",
    ]
    .contains(&word)
}

struct ManualEnds<'a, 'b> {
    locals: &'a Locals<'b>,
    found: Vec<Ident>,
}

impl<'ast> Visit<'ast> for ManualEnds<'_, '_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Expr::MethodCall(span) = plain(&call.receiver) {
            let is_current = span.method == "span"
                && span.args.is_empty()
                && self.locals.is_current_context(&span.receiver);
            if is_current && ends(call) {
                self.found.push(call.method.clone());
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let is_current = path_of(&call.func)
            .last()
            .is_some_and(|last| last == "get_active_span");
        if let (true, Some(Expr::Closure(closure))) = (is_current, only(&call.args)) {
            if let Some(Pat::Ident(span)) = only(&closure.inputs) {
                let mut ends = EndsOf {
                    name: &span.ident,
                    found: None,
                };
                ends.visit_expr(&closure.body);
                self.found.extend(ends.found);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

fn ends(call: &ExprMethodCall) -> bool {
    (call.method == "end" && call.args.is_empty())
        || (call.method == "end_with_timestamp" && call.args.len() == 1)
}

/// Finds `name.end()`.
struct EndsOf<'a> {
    name: &'a Ident,
    found: Option<Ident>,
}

impl<'ast> Visit<'ast> for EndsOf<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if local_name(&call.receiver).is_some_and(|name| name == self.name) && ends(call) {
            self.found.get_or_insert(call.method.clone());
        }
        visit::visit_expr_method_call(self, call);
    }
}
