//! `guard_dropped_at_once`: a guard that is bound to no name.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Item, Pat, Stmt};

use super::LintContext;
use super::guards::is_guard;
use super::locals::Locals;
use crate::diagnostics::{self, Errors};
use crate::syntax::expressions::plain;

/// A guard that is not bound to a name is dropped at the end of its statement.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let Some((body, locals)) = cx.body() else {
        return;
    };
    let mut visitor = UnboundGuards {
        locals: &locals,
        errors,
    };
    visitor.visit_block(body);
}

struct UnboundGuards<'a, 'b> {
    locals: &'a Locals<'b>,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for UnboundGuards<'_, '_> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let unbound = match statement {
            Stmt::Expr(Expr::Assign(assign), Some(_)) => {
                matches!(*assign.left, Expr::Infer(_)).then_some(&*assign.right)
            }
            Stmt::Expr(expr, Some(_)) => Some(expr),
            Stmt::Local(local) if is_wild(&local.pat) => {
                local.init.as_ref().map(|init| &*init.expr)
            }
            _ => None,
        };
        if let Some(guard) = unbound.filter(|expr| is_guard(expr, self.locals)) {
            let written = guard.to_token_stream();
            self.errors.push(diagnostics::guard_dropped_at_once(
                name_of_call(guard),
                &written,
            ));
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `_`, perhaps with a type.
fn is_wild(pat: &Pat) -> bool {
    match pat {
        Pat::Type(typed) => is_wild(&typed.pat),
        pat => matches!(pat, Pat::Wild(_)),
    }
}

/// The word to point at: `attach` or `mark_span_as_active`.
fn name_of_call(guard: &Expr) -> TokenStream {
    match plain(guard) {
        Expr::MethodCall(call) => call.method.to_token_stream(),
        Expr::Call(call) => call.func.to_token_stream(),
        other => other.to_token_stream(),
    }
}
