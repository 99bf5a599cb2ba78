//! Finds out whether an expression awaits, and whether it leaves the function that it is in.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprAwait, ExprClosure, ExprReturn, ExprTry, Item, Macro, Token};

use crate::syntax::awaits::selects;
use crate::syntax::tokens::names_in;

/// Whether the expression awaits.
pub(super) fn awaits(expr: &Expr) -> bool {
    found_in(expr).awaits
}

/// Whether a `?` or a `return` in the expression leaves the function.
pub(super) fn leaves(expr: &Expr) -> bool {
    found_in(expr).leaves
}

fn found_in(expr: &Expr) -> Found {
    let mut found = Found::default();
    found.visit_expr(expr);
    found
}

/// The arguments of a macro, without an `@word` at their start. Calls of the macros in `__private` begin with one;
/// they are here if another attribute of the function was expanded before.
fn without_form(tokens: TokenStream) -> TokenStream {
    let mut rest = tokens.clone().into_iter();
    match (rest.next(), rest.next()) {
        (Some(TokenTree::Punct(at)), Some(TokenTree::Ident(_))) if at.as_char() == '@' => {
            rest.collect()
        }
        _ => tokens,
    }
}

#[derive(Default)]
struct Found {
    awaits: bool,
    leaves: bool,
}

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
        self.awaits |= selects(call);
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        match arguments.parse2(without_form(call.tokens.clone())) {
            Ok(arguments) => arguments.iter().for_each(|argument| {
                let found = found_in(argument);
                self.awaits |= found.awaits;
                self.leaves |= found.leaves;
            }),
            // The macro has a grammar of its own.
            Err(_) => self.awaits |= names_in(call.tokens.clone()).contains("await"),
        }
    }

    // An `.await` in these is not reached here.
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
