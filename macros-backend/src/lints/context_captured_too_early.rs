//! `context_captured_too_early`: a context that is captured before a span is entered, and handed to other
//! work after it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprClosure, ExprMethodCall, Item, Local, Macro, Stmt};

use super::LintContext;
use super::guards::is_guard;
use super::locals::Locals;
use crate::diagnostics::{self, Errors};
use crate::spawners::spawns;
use crate::syntax::awaits::block_of_span;
use crate::syntax::expressions::{bound_name, local_name, mentions, path_of, plain};

/// A context that was captured before a span was entered does not contain the span. Work that gets this context
/// becomes a sibling of the span, and not its child.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let Some((body, locals)) = cx.body() else {
        return;
    };
    let mut visitor = EarlyCaptures {
        locals: &locals,
        errors,
    };
    visitor.visit_block(body);
}

struct EarlyCaptures<'a, 'b> {
    locals: &'a Locals<'b>,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for EarlyCaptures<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        for (place, statement) in block.stmts.iter().enumerate() {
            let Stmt::Local(local) = statement else {
                continue;
            };
            let (Some(name), Some(init)) = (bound_name(local), &local.init) else {
                continue;
            };
            let is_capture = !matches!(plain(&init.expr), Expr::Path(_))
                && self.locals.is_current_context(&init.expr);
            if is_capture && !is_captured_on_purpose(name) {
                self.follow(name, &block.stmts[place + 1..]);
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl EarlyCaptures<'_, '_> {
    /// Looks for a guard, and after it for work that gets the captured context.
    fn follow(&mut self, captured: &Ident, statements: &[Stmt]) {
        let mut names = vec![captured];
        let mut guard: Option<&Ident> = None;
        for statement in statements {
            if let Stmt::Local(local) = statement {
                if bound_name(local).is_some_and(|name| names.contains(&name)) {
                    return;
                }
                names.extend(name_of_copy(local, &names));
                if let Some(entered) = self.entered(local, captured) {
                    guard = Some(entered);
                    continue;
                }
            }
            if guard.is_some_and(|alive| mentions(alive, statement)) {
                return;
            }
            let mut uses = UsesAcrossBoundary {
                locals: self.locals,
                names: &names,
                entered: guard.cloned(),
                found: None,
            };
            uses.visit_stmt(statement);
            if let Some((used, entered)) = uses.found {
                self.errors
                    .push(diagnostics::context_captured_too_early(&used, &entered));
                return;
            }
        }
    }

    /// The name of the guard, if the `let` enters a span. Attaching the captured context itself does not count.
    fn entered<'l>(&self, local: &'l Local, captured: &Ident) -> Option<&'l Ident> {
        let init = &*local.init.as_ref()?.expr;
        let attaches_captured = match plain(init) {
            Expr::MethodCall(call) => match plain(&call.receiver) {
                Expr::MethodCall(inner) if inner.method != "clone" => false,
                receiver => mentions(captured, receiver),
            },
            _ => false,
        };
        let enters = is_guard(init, self.locals) && !attaches_captured;
        enters.then(|| bound_name(local)).flatten()
    }
}

/// The name `cx2` of `let cx2 = cx.clone();`, if `cx` is one of the names.
fn name_of_copy<'l>(local: &'l Local, names: &[&Ident]) -> Option<&'l Ident> {
    let name = bound_name(local).filter(|name| !is_captured_on_purpose(name))?;
    let value = match plain(&local.init.as_ref()?.expr) {
        Expr::MethodCall(call) if call.method == "clone" => &call.receiver,
        value => value,
    };
    let of = local_name(value)?;
    names.contains(&of).then_some(name)
}

/// Whether the name says that the context is captured early on purpose: `let parent = Context::current();`.
fn is_captured_on_purpose(name: &Ident) -> bool {
    let name = name.to_string();
    [
        "parent", "outer", "caller", "root", "previous", "original", "saved", "before",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Finds the first place, inside a span that was entered after the capture, where the context is handed to
/// work that runs elsewhere.
struct UsesAcrossBoundary<'a, 'b> {
    locals: &'a Locals<'b>,
    names: &'a [&'a Ident],
    /// The guard, or the call around, that entered the span.
    entered: Option<Ident>,
    /// The captured name that is handed over, and the guard or call that entered the span.
    found: Option<(Ident, Ident)>,
}

impl<'ast> Visit<'ast> for UsesAcrossBoundary<'_, '_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let crosses = call.method == "with_context" || spawns(&call.method.to_string());
        if crosses {
            self.look_into(&call.args.to_token_stream());
        }
        let enters = call.method == "in_span" && self.locals.is_tracer(&call.receiver);
        self.within(enters.then_some(&call.method), |this| {
            visit::visit_expr_method_call(this, call);
        });
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let crosses = match path_of(&call.func).as_slice() {
            [.., krate, join] if krate == "rayon" && join == "join" => true,
            [.., last] => spawns(last),
            [] => false,
        };
        if crosses {
            self.look_into(&call.args.to_token_stream());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if let (Some(block), Some(name)) = (block_of_span(mac), mac.path.segments.last()) {
            self.within(Some(&name.ident), |this| {
                // The block is parsed here, so its lifetime needs a visitor of its own.
                let mut inner = UsesAcrossBoundary {
                    locals: this.locals,
                    names: this.names,
                    entered: this.entered.clone(),
                    found: this.found.take(),
                };
                inner.visit_block(&block);
                this.found = inner.found;
            });
        }
    }

    /// A parameter of the same name, such as that of `in_span`'s closure, is another context.
    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let inputs = closure.inputs.to_token_stream();
        if !self.names.iter().any(|name| mentions(name, &inputs)) {
            visit::visit_expr_closure(self, closure);
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl UsesAcrossBoundary<'_, '_> {
    fn within(&mut self, enters: Option<&Ident>, visit: impl FnOnce(&mut Self)) {
        let outer = self.entered.clone();
        if self.entered.is_none() {
            self.entered = enters.cloned();
        }
        visit(self);
        self.entered = outer;
    }

    /// Looks for the captured context among the arguments of a call.
    fn look_into(&mut self, arguments: &TokenStream) {
        let Some(entered) = self.entered.clone() else {
            return;
        };
        for token in arguments.clone() {
            match token {
                TokenTree::Ident(name) if self.names.contains(&&name) => {
                    self.found.get_or_insert((name, entered.clone()));
                }
                TokenTree::Group(group) => self.look_into(&group.stream()),
                _ => {}
            }
        }
    }
}
