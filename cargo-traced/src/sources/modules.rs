//! Declarations of modules among tokens that are no items: in a file that does not parse, and in the calls of macros.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Item, ItemMacro, ItemMod};

/// The modules among the tokens of a file that does not parse as a whole. An attribute macro may take an item that is no
/// Rust, such as `pub impl str { .. }`, and the modules beside it can still be read.
pub(super) fn among(tokens: TokenStream) -> Vec<Item> {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let module = |input: ParseStream<'_>| {
        input.call(Attribute::parse_inner)?;
        input.parse::<ItemMod>()
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens
        .split_inclusive(is_end)
        .filter_map(|item| module.parse2(item.iter().cloned().collect()).ok())
        .map(Item::Mod)
        .collect()
}

/// The modules that a call of a macro may declare: `cfg_rt! { pub mod runtime; }`, and at any depth in
/// `cfg_if! { if #[cfg(unix)] { mod unix; } }`.
pub(super) fn in_call(call: &ItemMacro) -> Vec<Item> {
    if call.ident.is_some() {
        // The rules of `macro_rules!` declare nothing.
        return Vec::new();
    }
    let mut found = Vec::new();
    add_all(call.mac.tokens.clone(), &mut found);
    found
}

fn add_all(tokens: TokenStream, found: &mut Vec<Item>) {
    let groups = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    for group in groups {
        add_all(group, found);
    }
    found.extend(among(tokens));
}
