//! Spans that are started, failed or ended by hand.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAwait, ExprCall, ExprForLoop, ExprLoop, ExprMethodCall, ExprPath, ExprWhile,
    Item, Lit, Macro, Stmt,
};

use super::Subject;
use super::local::{
    Locals, bound_by, bound_name, is_of_context, local_name, mentions, only, path_of, plain,
    segments_of,
};
use super::macros::awaits;
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
            && locals.is_builder(&call.receiver));
    // A span with a start of its own tells of something that is over.
    call.args.len() == arguments && is_span && !locals.mention(expr, "with_start_time")
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

    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        self.covers_work = true;
        visit::visit_expr_await(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.is_used_otherwise |= mentions(self.name, &mac.tokens);
        self.covers_work |= awaits(mac);
    }
}

/// What fails is told before the failure: whatever leaves between the two
/// leaves a failed span that does not say why.
pub(super) fn status_before_exception(subject: &Subject<'_>, errors: &mut Errors) {
    if let Some((body, locals)) = subject.body() {
        let mut visitor = StatusBeforeException {
            locals: &locals,
            told: Vec::new(),
            errors,
        };
        visitor.visit_block(body);
    }
}

struct StatusBeforeException<'a, 'b> {
    locals: &'a Locals<'b>,
    /// The spans whose exception is recorded already, as they are written.
    told: Vec<String>,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for StatusBeforeException<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let told_outside = self.told.len();
        for (place, statement) in block.stmts.iter().enumerate() {
            if let Stmt::Expr(call, _) = statement {
                self.check(call, &block.stmts[place + 1..]);
            }
            self.visit_stmt(statement);
        }
        self.told.truncate(told_outside);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl StatusBeforeException<'_, '_> {
    fn check(&mut self, call: &Expr, later: &[Stmt]) {
        if let Some((span, _)) = self.recorded_by(call) {
            self.told.push(span);
        }
        let Expr::MethodCall(status) = call else {
            return;
        };
        let span = self.written(&status.receiver);
        if !fails(status) || self.told.contains(&span) {
            return;
        }
        let mut recorded = later.iter().filter_map(|later| match later {
            Stmt::Expr(later, _) => self.recorded_by(later),
            _ => None,
        });
        if let Some((_, exception)) = recorded.find(|(of, _)| *of == span) {
            self.errors.push(diagnostics::status_before_exception(
                &status.method,
                &exception,
            ));
        }
    }

    /// The span whose exception is recorded, and the name of what does it.
    fn recorded_by(&self, call: &Expr) -> Option<(String, Ident)> {
        match call {
            Expr::MethodCall(call) if records_exception(call) => {
                Some((self.written(&call.receiver), call.method.clone()))
            }
            Expr::Call(call) => match plain(&call.func) {
                Expr::Path(function) if is_record_error(&segments_of(&function.path)) => {
                    let name = function.path.segments.last()?;
                    Some((CURRENT.to_owned(), name.ident.clone()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The span as it is written, by which it is known again.
    fn written(&self, span: &Expr) -> String {
        match self.locals.is_current_span(span) {
            true => CURRENT.to_owned(),
            false => span.to_token_stream().to_string(),
        }
    }
}

/// How the current span is written, however it is.
const CURRENT: &str = "current";

/// `traced::record_error(&error)`, on the current span.
fn is_record_error(path: &[String]) -> bool {
    matches!(path, [.., krate, function] if krate == "traced" && function == "record_error")
}

/// `.set_status(Status::error(..))` or with `Status::Error { .. }`, by whatever name `Status`
/// goes here: only a span records exceptions too.
fn fails(call: &ExprMethodCall) -> bool {
    let is_error = |path: &[String]| match path {
        [.., _, variant] => variant == "error" || variant == "Error",
        _ => false,
    };
    call.method == "set_status"
        && only(&call.args).is_some_and(|status| match plain(status) {
            Expr::Call(made) => is_error(&path_of(&made.func)),
            Expr::Struct(made) => is_error(&segments_of(&made.path)),
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
        has_entered: false,
        errors,
    };
    visitor.visit_block(body);
}

/// Follows the body in its order: behind a guard of its own, the current span
/// may be its own too.
struct ManualEnds<'a, 'b> {
    locals: &'a Locals<'b>,
    has_entered: bool,
    errors: &'a mut Errors,
}

/// What makes another context current until a guard is gone.
const ATTACHING: &[&str] = &["attach", "mark_span_as_active"];

/// What makes another context current for its own arguments.
const ENTERING: &[&str] = &[
    "in_span",
    "with_context",
    "with_current_context",
    "with_span",
];

impl ManualEnds<'_, '_> {
    fn found(&mut self, end: &Ident) {
        if !self.has_entered {
            self.errors.push(diagnostics::manual_end(end));
        }
    }

    /// What is entered in here is left at its end.
    fn within(&mut self, has_entered: bool, visit: impl FnOnce(&mut Self)) {
        let outer = self.has_entered;
        self.has_entered |= has_entered;
        visit(self);
        self.has_entered = outer;
    }

    /// A loop comes back with what it entered further down.
    fn again(&mut self, whole: &impl ToTokens) {
        self.has_entered |= may_attach(whole);
    }
}

fn may_attach(node: &impl ToTokens) -> bool {
    mentions_any(node.to_token_stream(), &|word| ATTACHING.contains(&word))
}

/// Whether guards of the block are bound to names of the block, and nothing else
/// is done with them: they are gone at its end.
fn keeps_its_guards(block: &Block) -> bool {
    let statements = block.stmts.iter().enumerate();
    let mut attaching = statements.filter(|(_, statement)| may_attach(statement));
    attaching.all(|(place, statement)| match statement {
        Stmt::Local(local) => bound_name(local).is_some_and(|guard| {
            let mut later = block.stmts[place + 1..].iter();
            !later.any(|later| mentions(guard, later))
        }),
        _ => false,
    })
}

impl<'ast> Visit<'ast> for ManualEnds<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        match keeps_its_guards(block) {
            true => self.within(false, |this| visit::visit_block(this, block)),
            false => visit::visit_block(self, block),
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let enters = ENTERING.iter().any(|name| call.method == name);
        match enters {
            true => self.within(true, |this| visit::visit_expr_method_call(this, call)),
            false => visit::visit_expr_method_call(self, call),
        }
        if ends(call) && self.locals.is_current_span(&call.receiver) {
            self.found(&call.method);
        }
        self.has_entered |= ATTACHING.iter().any(|name| call.method == name);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        visit::visit_expr_call(self, call);
        if let Some(end) = ended_by_closure(call) {
            self.found(&end);
        }
        let path = path_of(&call.func);
        let last = path.last().map(String::as_str);
        self.has_entered |= last.is_some_and(|last| ATTACHING.contains(&last));
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let enters = |word: &str| ATTACHING.contains(&word) || ENTERING.contains(&word);
        self.has_entered |= mentions_any(mac.tokens.clone(), &enters);
    }

    fn visit_expr_for_loop(&mut self, repeated: &'ast ExprForLoop) {
        self.again(repeated);
        visit::visit_expr_for_loop(self, repeated);
    }

    fn visit_expr_loop(&mut self, repeated: &'ast ExprLoop) {
        self.again(repeated);
        visit::visit_expr_loop(self, repeated);
    }

    fn visit_expr_while(&mut self, repeated: &'ast ExprWhile) {
        self.again(repeated);
        visit::visit_expr_while(self, repeated);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `get_active_span(|span| span.end())`, `Context::map_current(|cx| cx.span().end())`.
fn ended_by_closure(call: &ExprCall) -> Option<Ident> {
    let is_span = path_of(&call.func).last()? == "get_active_span";
    if !is_span && !is_of_context(&call.func, &["map_current"]) {
        return None;
    }
    let Expr::Closure(closure) = only(&call.args)? else {
        return None;
    };
    let mut ends = EndsOf {
        name: bound_by(only(&closure.inputs)?)?,
        is_span,
        found: None,
    };
    ends.visit_expr(&closure.body);
    ends.found
}

fn ends(call: &ExprMethodCall) -> bool {
    (call.method == "end" && call.args.is_empty())
        || (call.method == "end_with_timestamp" && call.args.len() == 1)
}

/// Finds `span.end()`, or `cx.span().end()`.
struct EndsOf<'a> {
    name: &'a Ident,
    is_span: bool,
    found: Option<Ident>,
}

impl EndsOf<'_> {
    fn is_it(&self, span: &Expr) -> bool {
        match plain(span) {
            Expr::MethodCall(call) if !self.is_span => {
                call.method == "span" && local_name(&call.receiver) == Some(self.name)
            }
            span => self.is_span && local_name(span) == Some(self.name),
        }
    }
}

impl<'ast> Visit<'ast> for EndsOf<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if ends(call) && self.is_it(&call.receiver) {
            self.found.get_or_insert(call.method.clone());
        }
        visit::visit_expr_method_call(self, call);
    }
}
