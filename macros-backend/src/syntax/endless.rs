//! Loops that never end, as far as their own tokens show.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprBreak, ExprCall, ExprClosure, ExprForLoop, ExprLoop,
    ExprMethodCall, ExprReturn, ExprTry, ExprWhile, Item, Label, Lifetime, Lit, Macro, Stmt,
};

use super::awaits::{evaluates, selects};
use super::expressions::{is_one_of, is_path_to};
use super::tokens::{is_punct, is_word};

/// A loop that nothing leaves and that waits in each iteration.
pub(crate) struct Endless<'b> {
    pub(crate) keyword: Span,
    pub(crate) body: &'b Block,
}

/// The first endless loop among the statements of a body.
///
/// A loop is not endless if a `break`, a `return`, a `?`, a macro or a call may leave it. A loop that accepts
/// connections is endless in spite of a `?`, which leaves it only on a failure.
pub(crate) fn endless_loop(body: &Block) -> Option<Endless<'_>> {
    body.stmts.iter().find_map(|statement| match statement {
        Stmt::Expr(expr, _) => endless(expr),
        _ => None,
    })
}

fn endless(expr: &Expr) -> Option<Endless<'_>> {
    let (keyword, label, body) = match expr {
        Expr::Loop(ExprLoop {
            loop_token,
            label,
            body,
            ..
        }) => (loop_token.span, label, body),
        Expr::While(ExprWhile {
            while_token,
            label,
            cond,
            body,
            ..
        }) if is_true(cond) => (while_token.span, label, body),
        Expr::Unsafe(block) => return endless_loop(&block.block),
        Expr::Block(block) if block.label.is_none() => return endless_loop(&block.block),
        Expr::Async(block) => return endless_loop(&block.block),
        Expr::Paren(inner) => return endless(&inner.expr),
        Expr::Group(inner) => return endless(&inner.expr),
        // `Box::pin(async move { loop { .. } })`
        Expr::Call(call) if is_path_to(&call.func, "Box", &["pin"]) => {
            return endless(call.args.first()?);
        }
        _ => return None,
    };
    let mut iteration = Iteration {
        own: label.as_ref().map(|label| &label.name),
        ..Iteration::default()
    };
    iteration.visit_block(body);
    let never_leaves = !iteration.leaves && (iteration.accepts || !iteration.tries);
    (never_leaves && (iteration.waits || iteration.accepts)).then_some(Endless { keyword, body })
}

fn is_true(condition: &Expr) -> bool {
    matches!(condition, Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(value) if value.value))
}

/// The effects of one iteration of a loop, as far as its tokens show them.
#[derive(Default)]
struct Iteration<'b> {
    /// The loop's own label.
    own: Option<&'b Lifetime>,
    /// The labels of the loops inside it, `None` for a loop without one.
    inner: Vec<Option<&'b Lifetime>>,
    /// Something other than a `?` may leave the loop.
    leaves: bool,
    /// A `?` may leave the loop.
    tries: bool,
    waits: bool,
    /// The iteration accepts a connection.
    accepts: bool,
}

impl<'b> Iteration<'b> {
    fn inside(&mut self, label: Option<&'b Label>, visit: impl FnOnce(&mut Self)) {
        self.inner.push(label.map(|label| &label.name));
        visit(self);
        self.inner.pop();
    }
}

impl<'b> Visit<'b> for Iteration<'b> {
    fn visit_expr_break(&mut self, expr: &'b ExprBreak) {
        visit::visit_expr_break(self, expr);
        let is_of_inner = match &expr.label {
            None => !self.inner.is_empty(),
            Some(label) => self.own != Some(label) && self.inner.contains(&Some(label)),
        };
        self.leaves |= !is_of_inner;
    }

    fn visit_expr_return(&mut self, _: &'b ExprReturn) {
        self.leaves = true;
    }

    fn visit_expr_try(&mut self, expr: &'b ExprTry) {
        visit::visit_expr_try(self, expr);
        self.tries = true;
    }

    fn visit_expr_await(&mut self, expr: &'b ExprAwait) {
        visit::visit_expr_await(self, expr);
        self.waits = true;
    }

    fn visit_expr_method_call(&mut self, call: &'b ExprMethodCall) {
        const WAITING: &[&str] = &["accept", "park", "recv", "recv_timeout", "sleep", "wait"];
        visit::visit_expr_method_call(self, call);
        self.accepts |= call.method == "accept" && call.args.is_empty();
        self.waits |= WAITING.iter().any(|name| call.method == name);
    }

    fn visit_expr_call(&mut self, call: &'b ExprCall) {
        const LEAVING: &[&str] = &["abort", "exit", "panic_any", "resume_unwind"];
        const WAITING: &[&str] = &["park", "sleep"];
        visit::visit_expr_call(self, call);
        if let Expr::Path(function) = &*call.func {
            self.leaves |= is_one_of(&function.path, LEAVING);
            self.waits |= is_one_of(&function.path, WAITING);
        }
    }

    fn visit_macro(&mut self, mac: &'b Macro) {
        let waits = selects(mac);
        self.waits |= waits;
        let is_known = waits || (evaluates(mac) && !is_one_of(&mac.path, &["panic"]));
        self.leaves |= !is_known || may_leave(mac.tokens.clone());
    }

    fn visit_expr_loop(&mut self, expr: &'b ExprLoop) {
        self.inside(expr.label.as_ref(), |this| {
            visit::visit_expr_loop(this, expr);
        });
    }

    fn visit_expr_while(&mut self, expr: &'b ExprWhile) {
        self.inside(expr.label.as_ref(), |this| {
            visit::visit_expr_while(this, expr);
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'b ExprForLoop) {
        self.inside(expr.label.as_ref(), |this| {
            visit::visit_expr_for_loop(this, expr);
        });
    }

    // Blocks, closures and items run at another time, and a `return` in them leaves only them.
    fn visit_expr_async(&mut self, _: &'b ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'b ExprClosure) {}
    fn visit_item(&mut self, _: &'b Item) {}
}

/// Whether a macro's tokens may leave the loop around it.
fn may_leave(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match &token {
        TokenTree::Group(group) => may_leave(group.stream()),
        token => {
            is_punct(Some(token), '?')
                || [
                    "break",
                    "return",
                    "panic",
                    "exit",
                    "abort",
                    "unreachable",
                    "todo",
                    "bail",
                ]
                .iter()
                .any(|word| is_word(token, word))
        }
    })
}
