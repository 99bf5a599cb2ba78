//! `guard_across_await`: a guard that lives across an `.await`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, ExprAsync, ExprAwait, ExprClosure, ExprPath, Item, Local, Macro};

use super::LintContext;
use super::guards::is_guard;
use super::locals::Locals;
use crate::diagnostics::{self, Errors};
use crate::syntax::awaits::awaits;
use crate::syntax::expressions::{bound_name, mentions};
use crate::syntax::tokens::names_in;

/// A guard attaches a context to its thread. During an `.await` the thread runs other tasks, which get the
/// context, and this task may continue on another thread without it.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let Some((body, locals)) = cx.body() else {
        return;
    };
    let mut visitor = GuardsAcrossAwaits {
        locals: &locals,
        alive: Vec::new(),
        is_async: cx.is_async(),
        errors,
    };
    visitor.visit_block(body);
}

/// Visits the statements in order, and keeps the guards that are alive.
struct GuardsAcrossAwaits<'a, 'b> {
    locals: &'a Locals<'b>,
    alive: Vec<Ident>,
    /// Whether a macro may await here.
    is_async: bool,
    errors: &'a mut Errors,
}

impl GuardsAcrossAwaits<'_, '_> {
    /// Visits code that runs at another time or in another task, where the guards of this code are not alive.
    fn in_other_work(&mut self, is_async: bool, visit: impl FnOnce(&mut Self)) {
        let alive = std::mem::take(&mut self.alive);
        let is_async = std::mem::replace(&mut self.is_async, is_async);
        visit(self);
        (self.alive, self.is_async) = (alive, is_async);
    }

    fn report_alive(&mut self, found: &TokenStream, what: &str) {
        for guard in self.alive.drain(..) {
            self.errors
                .push(diagnostics::guard_across_await(found, what, &guard));
        }
    }

    /// Any mention of a guard may move it, so it no longer counts as alive.
    fn forget_moved(&mut self, may_be_moved: impl Fn(&Ident) -> bool) {
        self.alive.retain(|guard| !may_be_moved(guard));
    }
}

impl<'ast> Visit<'ast> for GuardsAcrossAwaits<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.alive.clone();
        visit::visit_block(self, block);
        // The guards that the block bound are dropped, and those that it moved are gone.
        self.alive.retain(|guard| outer.contains(guard));
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        let (Some(name), Some(init)) = (bound_name(local), &local.init) else {
            return;
        };
        if is_guard(&init.expr, self.locals) {
            self.alive.push(name.clone());
        }
    }

    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        visit::visit_expr_await(self, expr);
        self.report_alive(&expr.await_token.to_token_stream(), "`.await`");
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.forget_moved(|guard| path.path.is_ident(guard));
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let names = names_in(mac.tokens.clone());
        self.forget_moved(|guard| names.contains(&guard.to_string()));
        if let (true, Some(name)) = (self.is_async, mac.path.segments.last()) {
            if awaits(mac) {
                let what = format!("`{}!`, which awaits", name.ident);
                self.report_alive(&name.ident.to_token_stream(), &what);
            }
        }
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.forget_moved(|guard| mentions(guard, block));
        self.in_other_work(true, |this| visit::visit_expr_async(this, block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.forget_moved(|guard| mentions(guard, closure));
        let is_async = closure.asyncness.is_some();
        self.in_other_work(is_async, |this| visit::visit_expr_closure(this, closure));
    }

    /// A nested function has an attribute of its own.
    fn visit_item(&mut self, _: &'ast Item) {}
}
