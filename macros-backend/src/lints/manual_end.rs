//! `manual_end`: `end()` called on the current span.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprCall, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Item, Macro, Stmt,
};

use super::LintContext;
use super::locals::{Locals, is_of_context};
use crate::diagnostics::{self, Errors};
use crate::syntax::expressions::{
    bound_by, bound_name, local_name, mentions, mentions_any, only, path_of, plain,
};

/// The function that entered a span ends it. An earlier `end()` cuts the span short.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let Some((body, locals)) = cx.body() else {
        return;
    };
    let mut visitor = ManualEnds {
        locals: &locals,
        has_entered: false,
        errors,
    };
    visitor.visit_block(body);
}

/// Visits the body in order. Once the body has attached a context, the current span may be one that the body
/// started itself, and it may end that span.
struct ManualEnds<'a, 'b> {
    locals: &'a Locals<'b>,
    has_entered: bool,
    errors: &'a mut Errors,
}

/// Functions that make another context current until their guard is dropped.
const ATTACHING: &[&str] = &["attach", "mark_span_as_active"];

/// Functions that make another context current for their arguments.
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

    /// Visits code whose guards are dropped at its end.
    fn within(&mut self, has_entered: bool, visit: impl FnOnce(&mut Self)) {
        let outer = self.has_entered;
        self.has_entered |= has_entered;
        visit(self);
        self.has_entered = outer;
    }

    /// A guard that a loop enters may still be alive in its next iteration.
    fn enter_loop(&mut self, whole: &impl ToTokens) {
        self.has_entered |= may_attach(whole);
    }
}

fn may_attach(node: &impl ToTokens) -> bool {
    mentions_any(node.to_token_stream(), &|word| ATTACHING.contains(&word))
}

/// Whether the guards of the block are dropped at its end, because their names are not mentioned again.
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
        self.enter_loop(repeated);
        visit::visit_expr_for_loop(self, repeated);
    }

    fn visit_expr_loop(&mut self, repeated: &'ast ExprLoop) {
        self.enter_loop(repeated);
        visit::visit_expr_loop(self, repeated);
    }

    fn visit_expr_while(&mut self, repeated: &'ast ExprWhile) {
        self.enter_loop(repeated);
        visit::visit_expr_while(self, repeated);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `get_active_span(|span| span.end())`, `Context::map_current(|cx| cx.span().end())`.
fn ended_by_closure(call: &ExprCall) -> Option<Ident> {
    let is_name_of_span = path_of(&call.func).last()? == "get_active_span";
    if !is_name_of_span && !is_of_context(&call.func, &["map_current"]) {
        return None;
    }
    let Expr::Closure(closure) = only(&call.args)? else {
        return None;
    };
    let mut ends = EndsOf {
        name: bound_by(only(&closure.inputs)?)?,
        is_name_of_span,
        found: None,
    };
    ends.visit_expr(&closure.body);
    ends.found
}

pub(super) fn ends(call: &ExprMethodCall) -> bool {
    (call.method == "end" && call.args.is_empty())
        || (call.method == "end_with_timestamp" && call.args.len() == 1)
}

/// Finds `span.end()`, or `cx.span().end()`.
struct EndsOf<'a> {
    /// The name of the span or of its context.
    name: &'a Ident,
    is_name_of_span: bool,
    found: Option<Ident>,
}

impl EndsOf<'_> {
    fn is_span(&self, span: &Expr) -> bool {
        match plain(span) {
            Expr::MethodCall(call) if !self.is_name_of_span => {
                call.method == "span" && local_name(&call.receiver) == Some(self.name)
            }
            span => self.is_name_of_span && local_name(span) == Some(self.name),
        }
    }
}

impl<'ast> Visit<'ast> for EndsOf<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if ends(call) && self.is_span(&call.receiver) {
            self.found.get_or_insert(call.method.clone());
        }
        visit::visit_expr_method_call(self, call);
    }
}
