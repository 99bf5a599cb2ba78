//! The length of a statement in tokens.

use proc_macro2::{Delimiter, TokenTree};

use super::groups::is_group;
use super::tokens::{is_punct, is_word};

/// The number of tokens of the statement or expression at the start of `tokens`; `None` for an item, whose
/// attributes rustc expands itself.
pub(crate) fn length_of_statement(tokens: &[TokenTree]) -> Option<usize> {
    const ITEMS: &[&str] = &[
        "const", "enum", "extern", "fn", "impl", "mod", "pub", "static", "struct", "trait", "use",
    ];
    const BLOCKS: &[&str] = &["for", "if", "loop", "match", "while"];
    let begins_with = |words: &[&str]| {
        let is_one = |word: &proc_macro2::Ident| words.iter().any(|known| word == known);
        matches!(tokens.first(), Some(TokenTree::Ident(word)) if is_one(word))
    };
    let is_let = begins_with(&["let"]);
    // At most `unsafe extern "C"` and one more token come before the `fn`.
    let is_function = !is_let && tokens.iter().take(5).any(|token| is_word(token, "fn"));
    if tokens.is_empty() || begins_with(ITEMS) || is_function {
        return None;
    }
    let is_block = begins_with(BLOCKS) || is_group(tokens.first(), Delimiter::Brace);
    for (index, token) in tokens.iter().enumerate() {
        if is_punct(Some(token), ';') || (is_punct(Some(token), ',') && !is_let) {
            let with_semicolon = usize::from(is_punct(Some(token), ';'));
            return Some(index + with_semicolon);
        }
        let goes_on = tokens.get(index + 1).is_some_and(|next| {
            is_word(next, "else") || is_punct(Some(next), '.') || is_punct(Some(next), '?')
        });
        if is_block && is_group(Some(token), Delimiter::Brace) && !goes_on {
            return Some(index + 1);
        }
    }
    Some(tokens.len())
}
