//! Recognises the macros that await, by their names and tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Macro};

use super::expressions::is_one_of;

/// Whether the macro awaits in the `async` body that calls it.
pub(crate) fn awaits(mac: &Macro) -> bool {
    selects(mac) || (evaluates(mac) && has_await(mac.tokens.clone()))
}

/// Whether the macro awaits several futures: `select!`, `join!`.
pub(crate) fn selects(mac: &Macro) -> bool {
    const WAITING: &[&str] = &["join", "select", "select_biased", "try_join"];
    is_one_of(&mac.path, WAITING) && !is_of_channels(mac)
}

/// Whether the macro only evaluates its arguments in place.
pub(crate) fn evaluates(mac: &Macro) -> bool {
    is_one_of(&mac.path, EVALUATING)
}

/// Macros that only evaluate their arguments in place. Other macros may do more: an `.await` in `stream! { .. }`
/// belongs to the stream.
#[rustfmt::skip]
const EVALUATING: &[&str] = &[
    "assert", "assert_eq", "assert_ne", "dbg", "debug", "eprintln", "error", "format", "info",
    "matches", "panic", "print", "println", "trace", "vec", "warn", "write", "writeln",
];

/// Whether this is `select! { recv(jobs) -> job => .. }` of crossbeam, which blocks and does not await.
fn is_of_channels(mac: &Macro) -> bool {
    let tokens: Vec<TokenTree> = mac.tokens.clone().into_iter().collect();
    tokens.windows(2).any(|pair| match pair {
        [TokenTree::Punct(dash), TokenTree::Punct(greater)] => {
            dash.as_char() == '-' && greater.as_char() == '>'
        }
        _ => false,
    })
}

/// Whether there is an `.await` among the tokens that is not in an `async` block or a closure.
fn has_await(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_apart = tokens.iter().any(|token| match token {
        TokenTree::Ident(word) => word == "async",
        TokenTree::Punct(bar) => bar.as_char() == '|',
        _ => false,
    });
    !is_apart
        && tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => word == "await",
            TokenTree::Group(group) => has_await(group.stream()),
            _ => false,
        })
}

/// The block of `span!("name", .., { block })`.
pub(crate) fn block_of_span(mac: &Macro) -> Option<Block> {
    match mac.tokens.clone().into_iter().last()? {
        TokenTree::Group(block)
            if is_one_of(&mac.path, &["span"]) && block.delimiter() == Delimiter::Brace =>
        {
            syn::parse2(block.to_token_stream()).ok()
        }
        _ => None,
    }
}
