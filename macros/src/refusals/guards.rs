//! Guards that attach a context: how long they live, and what they cover.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ExprMethodCall, ExprPath, Item,
    Local, Macro, Pat, Stmt,
};

use super::Subject;
use super::local::{Locals, bound_name, calls, mentions, path_of, plain};
use crate::diagnostics::{self, Errors};
use crate::tokens::names_in;

/// Whether the expression attaches a context for as long as its value lives.
fn is_guard(expr: &Expr, locals: &Locals<'_>) -> bool {
    match plain(expr) {
        Expr::MethodCall(call) => {
            call.method == "attach" && call.args.is_empty() && locals.is_context(&call.receiver)
        }
        other => calls(other, "mark_span_as_active"),
    }
}

/// A guard belongs to its thread, and at an `.await` the thread turns to other
/// tasks: they run in the context, and this one may go on elsewhere without it.
pub(super) fn guard_across_await(subject: &Subject<'_>, errors: &mut Errors) {
    let Some((body, locals)) = subject.body() else {
        return;
    };
    let mut visitor = GuardsAcrossAwaits {
        locals: &locals,
        alive: Vec::new(),
        errors,
    };
    visitor.visit_block(body);
}

/// Follows the statements in their order with the guards that are alive.
struct GuardsAcrossAwaits<'a, 'b> {
    locals: &'a Locals<'b>,
    alive: Vec<Ident>,
    errors: &'a mut Errors,
}

impl GuardsAcrossAwaits<'_, '_> {
    /// What runs at another time, or as another task, has guards of its own.
    fn apart(&mut self, visit: impl FnOnce(&mut Self)) {
        let alive = std::mem::take(&mut self.alive);
        visit(self);
        self.alive = alive;
    }

    /// Any mention may move the guard away.
    fn may_move(&mut self, moved: impl Fn(&Ident) -> bool) {
        self.alive.retain(|guard| !moved(guard));
    }
}

impl<'ast> Visit<'ast> for GuardsAcrossAwaits<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.alive.clone();
        visit::visit_block(self, block);
        // What the block bound is gone, and so is what it moved away.
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
        for guard in self.alive.drain(..) {
            self.errors
                .push(diagnostics::guard_across_await(expr.await_token, &guard));
        }
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.may_move(|guard| path.path.is_ident(guard));
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let names = names_in(mac.tokens.clone());
        self.may_move(|guard| names.contains(&guard.to_string()));
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.may_move(|guard| mentions(guard, block));
        self.apart(|this| visit::visit_expr_async(this, block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.may_move(|guard| mentions(guard, closure));
        self.apart(|this| visit::visit_expr_closure(this, closure));
    }

    /// An item in a body is another function, with an annotation of its own.
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// A guard that is not bound to a name is dropped at the end of its statement.
pub(super) fn guard_dropped_at_once(subject: &Subject<'_>, errors: &mut Errors) {
    let Some((body, locals)) = subject.body() else {
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
            Stmt::Expr(expr, Some(_)) => Some(expr),
            Stmt::Local(local) if matches!(local.pat, Pat::Wild(_)) => {
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

/// The word to point at: `attach` or `mark_span_as_active`.
fn name_of_call(guard: &Expr) -> TokenStream {
    match plain(guard) {
        Expr::MethodCall(call) => call.method.to_token_stream(),
        Expr::Call(call) => call.func.to_token_stream(),
        other => other.to_token_stream(),
    }
}

/// What is captured before a span is entered leads past that span.
pub(super) fn context_captured_too_early(subject: &Subject<'_>, errors: &mut Errors) {
    let Some((body, locals)) = subject.body() else {
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
            if is_capture && !says_that_it_is_meant(name) {
                self.follow(name, &block.stmts[place + 1..]);
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl EarlyCaptures<'_, '_> {
    /// Looks for a guard, and behind it for a unit of work that gets the context.
    fn follow(&mut self, captured: &Ident, statements: &[Stmt]) {
        let mut guard: Option<&Ident> = None;
        for statement in statements {
            if let Stmt::Local(local) = statement {
                if bound_name(local) == Some(captured) {
                    return;
                }
                if let Some(entered) = self.entered(local, captured) {
                    guard = Some(entered);
                    continue;
                }
            }
            let Some(alive) = guard else { continue };
            if mentions(alive, statement) {
                return;
            }
            let mut uses = UsesAcrossBoundary {
                captured,
                found: None,
            };
            uses.visit_stmt(statement);
            if let Some(used) = uses.found {
                self.errors
                    .push(diagnostics::context_captured_too_early(&used, alive));
                return;
            }
        }
    }

    /// The name of the guard, if this enters a span. To attach the captured
    /// context itself enters nothing.
    fn entered<'l>(&self, local: &'l Local, captured: &Ident) -> Option<&'l Ident> {
        let init = &*local.init.as_ref()?.expr;
        let is_itself = match plain(init) {
            Expr::MethodCall(call) => match plain(&call.receiver) {
                Expr::MethodCall(inner) if inner.method != "clone" => false,
                receiver => mentions(captured, receiver),
            },
            _ => false,
        };
        let enters = is_guard(init, self.locals) && !is_itself;
        enters.then(|| bound_name(local)).flatten()
    }
}

/// `let parent = Context::current();` is captured early on purpose.
fn says_that_it_is_meant(name: &Ident) -> bool {
    let name = name.to_string();
    [
        "parent", "outer", "caller", "root", "previous", "original", "saved", "before",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Finds where a context is handed to work that runs elsewhere.
struct UsesAcrossBoundary<'a> {
    captured: &'a Ident,
    found: Option<Ident>,
}

const SPAWNERS: &[&str] = &["spawn", "spawn_blocking", "spawn_local"];

impl<'ast> Visit<'ast> for UsesAcrossBoundary<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let crosses = call.method == "with_context" || SPAWNERS.iter().any(|s| call.method == s);
        if crosses {
            self.look_into(&call.args.to_token_stream());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        if path
            .last()
            .is_some_and(|last| SPAWNERS.contains(&last.as_str()))
        {
            self.look_into(&call.args.to_token_stream());
        }
        visit::visit_expr_call(self, call);
    }
}

impl UsesAcrossBoundary<'_> {
    /// The first token that is the captured name.
    fn look_into(&mut self, arguments: &TokenStream) {
        for token in arguments.clone() {
            match token {
                TokenTree::Ident(name) if name == *self.captured => {
                    self.found.get_or_insert(name);
                }
                TokenTree::Group(group) => self.look_into(&group.stream()),
                _ => {}
            }
        }
    }
}
