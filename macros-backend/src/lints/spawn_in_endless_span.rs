//! `spawn_in_endless_span`: a task that is spawned in an endless loop and becomes a child of its span.

use proc_macro2::{Ident, Span};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprCall, ExprMethodCall, Item, Local, Token};

use super::endless_span::loop_in_span;
use super::{LintContext, is_allowed};
use crate::diagnostics::{self, Errors};
use crate::spawners::spawns;
use crate::syntax::expressions::is_one_of;

/// A span around an endless loop may be intended (`allow(endless_span)`). A trace that contains every task the
/// loop ever spawns hardly is. Without that `allow`, the lint `endless_span` reports the loop itself.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    if !is_allowed(cx.args, "endless_span") || cx.args.spawn.is_some() {
        return;
    }
    let Some(endless) = loop_in_span(cx) else {
        return;
    };
    for spawn in bare_spawns(endless.body) {
        errors.push(diagnostics::spawn_in_endless_span(spawn));
    }
}

/// The spawning calls in a block, but for those in a statement with `#[traced_spawn(..)]`.
fn bare_spawns(block: &Block) -> Vec<Span> {
    let mut visitor = BareSpawns(Vec::new());
    visitor.visit_block(block);
    visitor.0
}

struct BareSpawns(Vec<Span>);

impl BareSpawns {
    fn found_if(&mut self, name: Option<&Ident>, arguments: &Punctuated<Expr, Token![,]>) {
        if let Some(name) = name.filter(|name| spawns(&name.to_string())) {
            // `Command::spawn()` starts a process, and has no arguments.
            if !arguments.is_empty() {
                self.0.push(name.span());
            }
        }
    }
}

fn has_attribute(attributes: &[Attribute]) -> bool {
    let mut attributes = attributes.iter();
    attributes.any(|attribute| is_one_of(attribute.path(), &["traced_spawn"]))
}

impl<'b> Visit<'b> for BareSpawns {
    fn visit_local(&mut self, local: &'b Local) {
        if !has_attribute(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_expr(&mut self, expr: &'b Expr) {
        let attributes: &[Attribute] = match expr {
            Expr::Assign(expr) => &expr.attrs,
            Expr::Await(expr) => &expr.attrs,
            Expr::Block(expr) => &expr.attrs,
            Expr::Call(expr) => &expr.attrs,
            Expr::If(expr) => &expr.attrs,
            Expr::Match(expr) => &expr.attrs,
            Expr::MethodCall(expr) => &expr.attrs,
            Expr::Try(expr) => &expr.attrs,
            _ => &[],
        };
        if !has_attribute(attributes) {
            visit::visit_expr(self, expr);
        }
    }

    fn visit_expr_call(&mut self, call: &'b ExprCall) {
        visit::visit_expr_call(self, call);
        if let Expr::Path(function) = &*call.func {
            self.found_if(
                function.path.segments.last().map(|last| &last.ident),
                &call.args,
            );
        }
    }

    fn visit_expr_method_call(&mut self, call: &'b ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        self.found_if(Some(&call.method), &call.args);
    }

    fn visit_item(&mut self, _: &'b Item) {}
}
