//! The items in an `impl`, a trait or a module.
//!
//! The items are split by their tokens and not parsed, so that all others still expand while the user types the
//! body of one.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::angles::Angles;
use super::tokens::is_word;

/// The kind of an item, for the search for functions.
pub(crate) enum ItemKind {
    /// An `impl`, a trait or an inline module.
    Container,
    /// A function with a body.
    Function,
    /// Any other item.
    Other,
}

impl ItemKind {
    pub(crate) fn of(item: &[TokenTree]) -> Self {
        let ends_in_braces = matches!(
            item.last(),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace
        );
        let Some(place) = leading_word(item).filter(|_| ends_in_braces) else {
            return ItemKind::Other;
        };
        match (&item[place], item.get(place + 1)) {
            (TokenTree::Ident(word), _) if word == "impl" || word == "trait" || word == "mod" => {
                ItemKind::Container
            }
            (TokenTree::Ident(word), Some(TokenTree::Ident(_))) if word == "fn" => {
                ItemKind::Function
            }
            _ => ItemKind::Other,
        }
    }
}

/// Splits the content of a container. An item ends in a `;`, or in braces that are not inside angle brackets, as
/// those of `Matrix<{ N + 1 }>` are.
pub(crate) fn members(content: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut members = vec![Vec::new()];
    let mut angles = Angles::default();
    for token in content {
        angles.pass(&token);
        let ends =
            ends_item(&token) && (!angles.are_open() || matches!(token, TokenTree::Punct(_)));
        members.last_mut().expect("one is always begun").push(token);
        if ends {
            members.push(Vec::new());
            angles = Angles::default();
        }
    }
    members
}

/// Whether an item ends with this token.
pub(crate) fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

/// Whether one of the words stands before the `fn`.
pub(crate) fn is_qualified(function: &[TokenTree], qualifiers: &[&str]) -> bool {
    let before = function.iter().take_while(|token| !is_word(token, "fn"));
    before
        .into_iter()
        .any(|token| qualifiers.iter().any(|word| is_word(token, word)))
}

/// The index of the keyword of an item, after attributes, visibility and qualifiers.
fn leading_word(item: &[TokenTree]) -> Option<usize> {
    const BEFORE: &[&str] = &[
        "pub", "default", "unsafe", "async", "const", "extern", "safe",
    ];
    let is_before = |token: &TokenTree| match token {
        TokenTree::Ident(word) => BEFORE.iter().any(|before| word == before),
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        _ => true,
    };
    item.iter().position(|token| !is_before(token))
}
