//! The items that a body declares, which stay outside what it is wrapped in.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Item, Stmt};

use crate::syntax::groups::braced_like;

/// Takes the items out of a body: in a closure, they would be called
/// `f::{{closure}}::Item`, which a program can see (`type_name`, a log's target).
pub(super) fn hoist_items(body: &Group) -> (TokenStream, Group) {
    let block = || syn::parse2::<Block>(body.to_token_stream()).ok();
    let Some(block) = declares_items(&body.stream()).then(block).flatten() else {
        return (TokenStream::new(), body.clone());
    };
    let is_item = |statement: &Stmt| matches!(statement, Stmt::Item(_));
    // A `macro_rules!` is in force from where it stands, and what another macro
    // makes (`thread_local!`, `pin_project!`) the items may need beside them.
    let is_macro = |statement: &Stmt| match statement {
        Stmt::Item(item) => matches!(item, Item::Macro(_)),
        Stmt::Macro(call) => !makes_no_items(&call.mac.path),
        _ => false,
    };
    if block.stmts.iter().any(is_macro) {
        return (TokenStream::new(), body.clone());
    }
    let (items, others): (Vec<Stmt>, Vec<Stmt>) = block.stmts.into_iter().partition(is_item);
    (
        hygienic!(#(#items)*),
        braced_like(body, hygienic!(#(#others)*)),
    )
}

/// A macro of the standard library that is an expression.
fn makes_no_items(path: &syn::Path) -> bool {
    const EXPRESSIONS: &[&str] = &[
        "assert",
        "assert_eq",
        "assert_ne",
        "dbg",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "eprint",
        "eprintln",
        "format",
        "matches",
        "panic",
        "print",
        "println",
        "todo",
        "unimplemented",
        "unreachable",
        "vec",
        "write",
        "writeln",
    ];
    path.segments
        .last()
        .is_some_and(|last| EXPRESSIONS.iter().any(|name| last.ident == name))
}

pub(super) fn declares_items(body: &TokenStream) -> bool {
    const ITEMS: &[&str] = &[
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "macro_rules",
        "mod",
        "static",
        "struct",
        "trait",
        "type",
        "union",
        "use",
    ];
    body.clone().into_iter().any(|token| match token {
        // A string once: `word == item` makes one for every item.
        TokenTree::Ident(word) => ITEMS.contains(&word.to_string().as_str()),
        _ => false,
    })
}
