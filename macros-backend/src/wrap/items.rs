//! The items that a body declares. They move out of the closure around the body, and generated code must not see
//! them.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Item, Stmt};

use crate::syntax::groups::braced_like;

/// A body, and the items that were moved out of it.
pub(super) struct Hoisted {
    pub(super) items: TokenStream,
    pub(super) body: Group,
}

/// Moves the items out of a body. In a closure their path would be `f::{{closure}}::Item`, which shows in
/// `type_name` and in the target of a log.
pub(super) fn hoist_items(body: &Group) -> Hoisted {
    let as_it_is = || Hoisted {
        items: TokenStream::new(),
        body: body.clone(),
    };
    let block = || syn::parse2::<Block>(body.to_token_stream()).ok();
    let Some(block) = declares_items(&body.stream()).then(block).flatten() else {
        return as_it_is();
    };
    let is_item = |statement: &Stmt| matches!(statement, Stmt::Item(_));
    // If a statement is a macro, nothing moves: a `macro_rules!` applies to the statements after it, and items may
    // need the declarations of a macro such as `thread_local!`.
    let is_macro = |statement: &Stmt| match statement {
        Stmt::Item(item) => matches!(item, Item::Macro(_)),
        Stmt::Macro(call) => !makes_no_items(&call.mac.path),
        _ => false,
    };
    if block.stmts.iter().any(is_macro) {
        return as_it_is();
    }
    let (items, others): (Vec<Stmt>, Vec<Stmt>) = block.stmts.into_iter().partition(is_item);
    Hoisted {
        items: hygienic!(#(#items)*),
        body: braced_like(body, hygienic!(#(#others)*)),
    }
}

/// Whether the macro declares no items, because it is a known one of the standard library or ours.
fn makes_no_items(path: &syn::Path) -> bool {
    path.segments
        .last()
        .is_some_and(|last| is_expression_macro(&last.ident))
}

fn is_expression_macro(name: &Ident) -> bool {
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
        // The macros of `__private` that a statement may begin with.
        "allowed",
        "attached",
        "carry_parallel",
        "carry_unit",
        "lend_captured",
        "observe_exit",
    ];
    EXPRESSIONS.iter().any(|expression| name == expression)
}

/// Whether the block may declare items, by itself or by a macro.
pub(super) fn may_declare_items(body: &TokenStream) -> bool {
    declares_items(body) || calls_macro_as_statement(body)
}

/// Whether a statement begins with a macro that may declare items.
fn calls_macro_as_statement(body: &TokenStream) -> bool {
    let mut begins = true;
    let mut name = None;
    for token in body.clone() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => (begins, name) = (true, None),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                (begins, name) = (true, None);
            }
            TokenTree::Ident(word) if begins => name = Some(word),
            // A path: `crate::declare!()`.
            TokenTree::Punct(punct) if begins && punct.as_char() == ':' => {}
            TokenTree::Punct(punct) if begins && punct.as_char() == '!' => match &name {
                Some(name) if !is_expression_macro(name) => return true,
                _ => begins = false,
            },
            // An attribute.
            TokenTree::Punct(punct) if begins && punct.as_char() == '#' => {}
            TokenTree::Group(group) if begins && group.delimiter() == Delimiter::Bracket => {}
            _ => begins = false,
        }
    }
    false
}

fn declares_items(body: &TokenStream) -> bool {
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
        // `word == item` would allocate a string for each comparison.
        TokenTree::Ident(word) => ITEMS.contains(&word.to_string().as_str()),
        _ => false,
    })
}
