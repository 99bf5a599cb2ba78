//! Guards that attach a context: how long they live, and what they cover.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ExprMethodCall, ExprPath, Item,
    Local, Macro, Pat, Stmt,
};

use super::Subject;
use super::local::{
    Locals, bound_name, calls, is_of_context, local_name, mentions, path_of, plain,
};
use super::macros::{awaits, block_of_span};
use crate::diagnostics::{self, Errors};
use crate::tokens::names_in;

/// Whether the expression attaches a context for as long as its value lives.
fn is_guard(expr: &Expr, locals: &Locals<'_>) -> bool {
    match plain(expr) {
        Expr::MethodCall(call) => {
            call.method == "attach" && call.args.is_empty() && locals.is_context(&call.receiver)
        }
        Expr::Call(call) if is_of_context(&call.func, &["attach"]) => call.args.len() == 1,
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
        is_async: subject.is_async(),
        errors,
    };
    visitor.visit_block(body);
}

/// Follows the statements in their order with the guards that are alive.
struct GuardsAcrossAwaits<'a, 'b> {
    locals: &'a Locals<'b>,
    alive: Vec<Ident>,
    /// Whether this is where a macro may wait.
    is_async: bool,
    errors: &'a mut Errors,
}

impl GuardsAcrossAwaits<'_, '_> {
    /// What runs at another time, or as another task, has guards of its own.
    fn apart(&mut self, is_async: bool, visit: impl FnOnce(&mut Self)) {
        let alive = std::mem::take(&mut self.alive);
        let is_async = std::mem::replace(&mut self.is_async, is_async);
        visit(self);
        (self.alive, self.is_async) = (alive, is_async);
    }

    fn wait(&mut self, found: &TokenStream, what: &str) {
        for guard in self.alive.drain(..) {
            self.errors
                .push(diagnostics::guard_across_await(found, what, &guard));
        }
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
        self.wait(&expr.await_token.to_token_stream(), "`.await`");
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.may_move(|guard| path.path.is_ident(guard));
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let names = names_in(mac.tokens.clone());
        self.may_move(|guard| names.contains(&guard.to_string()));
        if let (true, Some(name)) = (self.is_async, mac.path.segments.last()) {
            if awaits(mac) {
                let what = format!("`{}!`, which awaits", name.ident);
                self.wait(&name.ident.to_token_stream(), &what);
            }
        }
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.may_move(|guard| mentions(guard, block));
        self.apart(true, |this| visit::visit_expr_async(this, block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.may_move(|guard| mentions(guard, closure));
        let is_async = closure.asyncness.is_some();
        self.apart(is_async, |this| visit::visit_expr_closure(this, closure));
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
        let mut names = vec![captured];
        let mut guard: Option<&Ident> = None;
        for statement in statements {
            if let Stmt::Local(local) = statement {
                if bound_name(local).is_some_and(|name| names.contains(&name)) {
                    return;
                }
                names.extend(another_name(local, &names));
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

/// `let cx2 = cx.clone();`, where `cx` is one of the names.
fn another_name<'l>(local: &'l Local, names: &[&Ident]) -> Option<&'l Ident> {
    let name = bound_name(local).filter(|name| !says_that_it_is_meant(name))?;
    let value = match plain(&local.init.as_ref()?.expr) {
        Expr::MethodCall(call) if call.method == "clone" => &call.receiver,
        value => value,
    };
    let of = local_name(value)?;
    names.contains(&of).then_some(name)
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

/// Finds where a context is handed to work that runs elsewhere, in a span that
/// was entered after it was captured.
struct UsesAcrossBoundary<'a, 'b> {
    locals: &'a Locals<'b>,
    names: &'a [&'a Ident],
    /// What entered the span: a guard, or a call around.
    entered: Option<Ident>,
    /// The name that is handed over, and what had entered the span.
    found: Option<(Ident, Ident)>,
}

const SPAWNERS: &[&str] = &["spawn", "spawn_blocking", "spawn_local"];

impl<'ast> Visit<'ast> for UsesAcrossBoundary<'_, '_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let crosses = call.method == "with_context" || SPAWNERS.iter().any(|s| call.method == s);
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
            [.., last] => SPAWNERS.contains(&last.as_str()),
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
                // The block was parsed for this and lives no longer than it.
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

    /// The first token that is one of the names.
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
