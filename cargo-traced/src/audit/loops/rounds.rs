//! Loops that may take work for as long as the program runs, judged by what ends them: an error, a flag, or the end of
//! what they read.

use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Ident, Item, Local, Pat, UnOp,
};

use super::endless::only_an_error_ends;
use super::flags::reads_a_flag;
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// The bodies of the loops, at any depth, that only an error ends or a flag that others set, those over what a channel
/// receives, and the closures that are called for each item of a stream. In a request they may end with it.
pub(in crate::audit) fn may_take_work<'f>(function: &'f Function<'_>) -> Vec<&'f Block> {
    let mut loops = Loops {
        receivers: receivers(function),
        bodies: Vec::new(),
    };
    loops.visit_block(&function.block);
    loops.bodies
}

struct Loops<'f> {
    receivers: Vec<&'f Ident>,
    bodies: Vec<&'f Block>,
}

impl<'f> Visit<'f> for Loops<'f> {
    fn visit_expr_loop(&mut self, looped: &'f ExprLoop) {
        if only_an_error_ends(looped) {
            self.bodies.push(&looped.body);
        }
        visit::visit_expr_loop(self, looped);
    }

    fn visit_expr_while(&mut self, looped: &'f ExprWhile) {
        if is_flag(&looped.cond) {
            self.bodies.push(&looped.body);
        }
        visit::visit_expr_while(self, looped);
    }

    /// `for job in jobs`, `for job in jobs.iter()`
    fn visit_expr_for_loop(&mut self, looped: &'f ExprForLoop) {
        let source = match &*looped.expr {
            Expr::MethodCall(call) => &*call.receiver,
            Expr::Reference(inner) => &*inner.expr,
            source => source,
        };
        let path = path_of(source);
        if path.len() == 1 && self.receivers.iter().any(|name| **name == path[0]) {
            self.bodies.push(&looped.body);
        }
        visit::visit_expr_for_loop(self, looped);
    }

    fn visit_expr_method_call(&mut self, call: &'f ExprMethodCall) {
        self.bodies.extend(for_each_of_a_stream(call));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item(&mut self, _: &'f Item) {}
}

/// The code in `messages.for_each(|message| async move { .. })`. The closure of an iterator is not `async`.
pub(in crate::audit) fn for_each_of_a_stream(call: &ExprMethodCall) -> Option<&Block> {
    const NAMES: &[&str] = &[
        "for_each",
        "for_each_concurrent",
        "try_for_each",
        "try_for_each_concurrent",
    ];
    let Some(Expr::Closure(closure)) = call.args.last() else {
        return None;
    };
    let body = match &*closure.body {
        Expr::Async(block) => &block.block,
        Expr::Block(block) if closure.asyncness.is_some() => &block.block,
        _ => return None,
    };
    NAMES.iter().any(|name| call.method == name).then_some(body)
}

/// `self.running.load(Ordering::SeqCst)`, `!stop.is_cancelled() && more`
fn is_flag(condition: &Expr) -> bool {
    match condition {
        Expr::Paren(inner) => is_flag(&inner.expr),
        Expr::Unary(inner) => matches!(inner.op, UnOp::Not(_)) && is_flag(&inner.expr),
        Expr::Binary(both) => is_flag(&both.left) || is_flag(&both.right),
        Expr::MethodCall(call) => reads_a_flag(call),
        _ => false,
    }
}

/// The parameters of a type that is named after a receiver, and the second variables of `let (sender, jobs) = channel();`.
fn receivers<'f>(function: &'f Function<'_>) -> Vec<&'f Ident> {
    struct Receivers<'f>(Vec<&'f Ident>);
    impl<'f> Receivers<'f> {
        fn add(&mut self, pattern: &'f Pat) {
            if let Pat::Ident(name) = pattern {
                self.0.push(&name.ident);
            }
        }
    }
    impl<'f> Visit<'f> for Receivers<'f> {
        fn visit_local(&mut self, local: &'f Local) {
            if let (Pat::Tuple(pair), Some(init)) = (&local.pat, &local.init)
                && let Expr::Call(call) = &*init.expr
                && let Some(maker) = path_of(&call.func).last()
                && (maker.ends_with("channel") || maker.ends_with("bounded"))
                && let Some(second) = pair.elems.iter().nth(1)
            {
                self.add(second);
            }
            visit::visit_local(self, local);
        }

        fn visit_item(&mut self, _: &'f Item) {}
    }
    let mut receivers = Receivers(Vec::new());
    for input in &function.signature.inputs {
        if let syn::FnArg::Typed(typed) = input
            && mentions(&typed.ty, &|word| word.ends_with("Receiver"))
        {
            receivers.add(&typed.pat);
        }
    }
    receivers.visit_block(&function.block);
    receivers.0
}
