//! The parameters that an `async` block captures.
//!
//! A mention in generated code must not make the block capture more, such as a whole struct in place of a field,
//! or a value that is not `Send`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprAsync, ExprPath, Item, PatIdent, Stmt};

use super::parameters::mention_each;
use crate::model::{Binding, RecordedParam};
use crate::syntax::tokens::names_in;

/// Whether the block already captures each of the parameters as a whole.
pub(super) fn captures_all(block: &ExprAsync, parameters: &[RecordedParam]) -> bool {
    let is_captured = |parameter: &RecordedParam| {
        moves_at_once(&block.block, &parameter.name)
            || (parameter.has_no_parts && mentions(&block.block, &parameter.name))
    };
    parameters.is_empty() || (block.capture.is_some() && parameters.iter().all(is_captured))
}

/// Mentions the parameters that the block moves in its first statements, before the arguments mention
/// them. The order decides in which order a future that is never polled drops them.
pub(super) fn mention_moved(block: &ExprAsync, bindings: &[Binding]) -> TokenStream {
    let is_moved = |binding: &&Binding| moves_at_once(&block.block, &binding.ident.to_string());
    mention_each(bindings.iter().filter(is_moved))
}

/// Whether the first statement that mentions the name is `let place = name;`, as async-trait writes it.
fn moves_at_once(block: &Block, name: &str) -> bool {
    let is_named = |statement: &&Stmt| names_in(statement.to_token_stream()).contains(name);
    match block.stmts.iter().find(is_named) {
        Some(Stmt::Local(local)) => local.init.as_ref().is_some_and(
            |init| matches!(&*init.expr, Expr::Path(path) if path.path.is_ident(name)),
        ),
        _ => false,
    }
}

/// Whether the block uses the name, and does not bind it again.
fn mentions(block: &Block, name: &str) -> bool {
    let mut mentions = Mentions {
        name,
        found: false,
        is_bound_again: false,
    };
    mentions.visit_block_mut(&mut block.clone());
    mentions.found && !mentions.is_bound_again
}

struct Mentions<'n> {
    name: &'n str,
    found: bool,
    is_bound_again: bool,
}

impl VisitMut for Mentions<'_> {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        self.found |= path.path.is_ident(self.name);
    }

    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        self.is_bound_again |= pat.ident == self.name;
        visit_mut::visit_pat_ident_mut(self, pat);
    }

    // A nested item does not see parameters.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
