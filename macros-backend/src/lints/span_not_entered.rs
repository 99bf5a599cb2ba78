//! `span_not_entered`: a span that is started and never made current.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAwait, ExprCall, ExprMethodCall, ExprPath, Item, Macro, Stmt};

use super::LintContext;
use super::locals::Locals;
use super::manual_end::ends;
use crate::diagnostics::{self, Errors};
use crate::syntax::awaits::awaits;
use crate::syntax::expressions::{
    bound_name, local_name, mentions, mentions_any, only, path_of, plain,
};

/// A span that is started and not made current has no children. Spans that start meanwhile get another parent,
/// or none.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let Some((body, locals)) = cx.body() else {
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
            && locals.is_builder(&call.receiver));
    // A span with an explicit start time describes an operation that is already over.
    call.args.len() == arguments && is_span && !locals.mention(expr, "with_start_time")
}

/// Methods of a span that do not make it current.
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

/// Methods of the standard library, which start no spans.
#[rustfmt::skip]
const METHODS_OF_VALUES: &[&str] = &[
    "abs", "as_bytes", "as_deref", "as_mut", "as_ref", "as_str", "chars", "clone", "cloned",
    "contains", "contains_key", "copied", "count", "elapsed", "ends_with", "expect", "first",
    "get", "into", "is_empty", "is_err", "is_negative", "is_none", "is_ok", "is_positive",
    "is_some", "iter", "keys", "last", "len", "max", "min", "starts_with", "sum", "to_owned",
    "to_string", "trim", "unwrap", "unwrap_or", "unwrap_or_default", "values",
];

/// Methods that start another span. Starting a span does not count as work inside this one.
const STARTING: &[&str] = &[
    "build",
    "build_with_context",
    "span_builder",
    "start",
    "start_with_context",
    "tracer",
];

/// Whether a span is used in another way than by its own methods, and whether work that could start spans runs
/// before its end.
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

    /// Whether a `let` only computes a value for the span, such as an attribute, and does not await. This does
    /// not count as work inside the span.
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

    /// Whether the statement ends the span.
    fn is_end(&self, statement: &Stmt) -> bool {
        match statement {
            Stmt::Expr(Expr::MethodCall(call), _) => self.is_span(&call.receiver) && ends(call),
            Stmt::Expr(Expr::Call(call), _) => self.is_dropped_by(call),
            _ => false,
        }
    }
}

/// Whether the call only makes a value: `Some(..)`, `KeyValue::new(..)`.
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

    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        self.covers_work = true;
        visit::visit_expr_await(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.is_used_otherwise |= mentions(self.name, &mac.tokens);
        self.covers_work |= awaits(mac);
    }
}
