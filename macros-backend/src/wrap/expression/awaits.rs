//! Whether an expression awaits, or leaves the function around it.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprAwait, ExprClosure, ExprReturn, ExprTry, Item, Macro, Token};

use crate::syntax::tokens::walk;

/// Whether the function around has to wait for the expression.
pub(super) fn awaits(expr: &Expr) -> bool {
    found_in(expr).awaits
}

/// Whether there is a `?` or a `return` in it.
pub(super) fn leaves(expr: &Expr) -> bool {
    found_in(expr).leaves
}

fn found_in(expr: &Expr) -> Found {
    let mut found = Found::default();
    found.visit_expr(expr);
    found
}

#[derive(Default)]
struct Found {
    awaits: bool,
    leaves: bool,
}

/// Macros that await what they are given.
const AWAITING: &[&str] = &["join", "select", "select_biased", "try_join"];

impl<'ast> Visit<'ast> for Found {
    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        self.awaits = true;
        visit::visit_expr_await(self, expr);
    }

    fn visit_expr_try(&mut self, expr: &'ast ExprTry) {
        self.leaves = true;
        visit::visit_expr_try(self, expr);
    }

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        self.leaves = true;
        visit::visit_expr_return(self, expr);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last();
        let is_awaiting = name.is_some_and(|name| AWAITING.iter().any(|known| name.ident == known));
        self.awaits |= is_awaiting && !selects_channels(call);
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        match arguments.parse2(call.tokens.clone()) {
            Ok(arguments) => arguments.iter().for_each(|argument| {
                let found = found_in(argument);
                self.awaits |= found.awaits;
                self.leaves |= found.leaves;
            }),
            // A grammar of its own.
            Err(_) => self.awaits |= mentions_await(&call.tokens),
        }
    }

    // What these await, they await when they run.
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `select!` of crossbeam, which blocks: `recv(channel) -> message => ..`.
fn selects_channels(call: &Macro) -> bool {
    let is_arrow = |token: &[TokenTree; 2]| {
        let is = |token: &TokenTree, wanted| matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted);
        is(&token[0], '-') && is(&token[1], '>')
    };
    let tokens: Vec<TokenTree> = call.tokens.clone().into_iter().collect();
    let mut pairs = tokens.windows(2);
    pairs.any(|pair| pair.first_chunk().is_some_and(is_arrow))
}

fn mentions_await(tokens: &TokenStream) -> bool {
    let mut found = false;
    walk(tokens.clone(), &mut |token, _| {
        found |= matches!(token, TokenTree::Ident(word) if word == "await");
    });
    found
}
