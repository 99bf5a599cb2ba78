//! Blocks that never end, because their last expression is a loop without an exit.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprLoop, Item, Stmt};
use traced_macros_backend::inspect;

use crate::syntax::{mentions, path_of};

/// Whether a block never ends: the macro would refuse a span for it, or its last expression is a `loop` without an
/// exit. Unlike the macro's lint, this also takes loops that wait for nothing.
pub(crate) fn never_ends(block: &Block) -> bool {
    inspect::never_ends(block) || ends_in_a_loop(block)
}

pub(in crate::audit) fn ends_in_a_loop(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Loop(looped), _)) => {
            let exits = Exits::of(looped);
            !exits.found && !exits.tries
        }
        Some(Stmt::Expr(Expr::Block(inner), _)) => ends_in_a_loop(&inner.block),
        Some(Stmt::Expr(Expr::Await(awaited), _)) => match &*awaited.base {
            Expr::Async(inner) => ends_in_a_loop(&inner.block),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the operator `?` is the only exit of a loop.
pub(in crate::audit) fn only_an_error_ends(looped: &ExprLoop) -> bool {
    let exits = Exits::of(looped);
    exits.tries && !exits.found
}

/// Finds the exits of the loop: `break`, `return`, `?`, the end of the process, and macros that may contain one.
struct Exits {
    found: bool,
    tries: bool,
    /// The number of loops around the current expression, without the outermost.
    loops: usize,
    label: Option<String>,
}

impl Exits {
    fn of(looped: &ExprLoop) -> Self {
        let label = looped.label.as_ref();
        let mut exits = Exits {
            found: false,
            tries: false,
            loops: 0,
            label: label.map(|label| label.name.ident.to_string()),
        };
        exits.visit_block(&looped.body);
        exits
    }
}

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_break(&mut self, exit: &'ast syn::ExprBreak) {
        let label = exit.label.as_ref().map(|label| label.ident.to_string());
        self.found |= match label {
            Some(label) => self.label.as_ref() == Some(&label) || self.loops == 0,
            None => self.loops == 0,
        };
        visit::visit_expr_break(self, exit);
    }

    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.found = true;
    }

    fn visit_expr_try(&mut self, tried: &'ast syn::ExprTry) {
        self.tries = true;
        visit::visit_expr_try(self, tried);
    }

    // `std::process::exit(0)`
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let [.., owner, name] = path_of(&call.func).as_slice() {
            self.found |= owner == "process" && (name == "exit" || name == "abort");
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.found |= mentions(mac.tokens.clone(), &|word| {
            matches!(word, "break" | "return")
        }) || mac.path.is_ident("panic");
        self.tries |= tries(mac.tokens.clone());
    }

    fn visit_expr_loop(&mut self, looped: &'ast syn::ExprLoop) {
        self.loops += 1;
        visit::visit_expr_loop(self, looped);
        self.loops -= 1;
    }

    fn visit_expr_while(&mut self, looped: &'ast syn::ExprWhile) {
        self.loops += 1;
        visit::visit_expr_while(self, looped);
        self.loops -= 1;
    }

    fn visit_expr_for_loop(&mut self, looped: &'ast syn::ExprForLoop) {
        self.loops += 1;
        visit::visit_expr_for_loop(self, looped);
        self.loops -= 1;
    }

    // Exits in here leave the closure, the future or the item, and not the loop.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the operator `?` is among the tokens. In `info!(?id, "{:?}", x)` there is none.
fn tries(tokens: TokenStream) -> bool {
    let mut follows_value = false;
    tokens.into_iter().any(|token| {
        let is_try =
            follows_value && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '?');
        follows_value = !matches!(token, TokenTree::Punct(_));
        is_try
            || match token {
                TokenTree::Group(group) => tries(group.stream()),
                _ => false,
            }
    })
}
