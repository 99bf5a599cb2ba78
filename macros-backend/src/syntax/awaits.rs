//! What the macros in a body do, as far as their names and tokens say so.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Macro};

/// Whether the macro waits in the `async` body that it stands in.
pub(crate) fn awaits(mac: &Macro) -> bool {
    selects(mac) || (evaluates(mac) && has_await(mac.tokens.clone()))
}

/// Whether the macro waits for several futures.
pub(crate) fn selects(mac: &Macro) -> bool {
    const WAITING: &[&str] = &["join", "select", "select_biased", "try_join"];
    is_called(mac, WAITING) && !is_of_channels(mac)
}

/// Whether the macro evaluates its arguments where it stands, and does nothing else.
pub(crate) fn evaluates(mac: &Macro) -> bool {
    is_called(mac, EVALUATING)
}

/// Macros that evaluate their arguments where they stand. What others do is unknown:
/// `stream! { .. }` has `.await`s that are its stream's.
#[rustfmt::skip]
const EVALUATING: &[&str] = &[
    "assert", "assert_eq", "assert_ne", "dbg", "debug", "eprintln", "error", "format", "info",
    "matches", "panic", "print", "println", "trace", "vec", "warn", "write", "writeln",
];

fn is_called(mac: &Macro, names: &[&str]) -> bool {
    let last = mac.path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// `crossbeam`'s `select! { recv(jobs) -> job => .. }` blocks, and awaits nothing.
fn is_of_channels(mac: &Macro) -> bool {
    let tokens: Vec<TokenTree> = mac.tokens.clone().into_iter().collect();
    tokens.windows(2).any(|pair| match pair {
        [TokenTree::Punct(dash), TokenTree::Punct(greater)] => {
            dash.as_char() == '-' && greater.as_char() == '>'
        }
        _ => false,
    })
}

/// Whether `.await` stands among the tokens, and not in an `async` block or a
/// closure, which may run elsewhere.
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

/// The block that `traced::span!("name", .., { block })` is around.
pub(crate) fn block_of_span(mac: &Macro) -> Option<Block> {
    match mac.tokens.clone().into_iter().last()? {
        TokenTree::Group(block)
            if is_called(mac, &["span"]) && block.delimiter() == Delimiter::Brace =>
        {
            syn::parse2(block.to_token_stream()).ok()
        }
        _ => None,
    }
}
