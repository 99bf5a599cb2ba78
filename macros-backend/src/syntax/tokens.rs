//! Tokens that are not parsed.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Expr, Type};

/// The words of a body, collected once.
///
/// For most bodies they show that there is nothing to check or to rewrite, so that the body need not be parsed.
#[derive(Default)]
pub(crate) struct Words {
    used: HashSet<String>,
    assigned: HashSet<String>,
}

impl Words {
    pub(crate) fn of(tokens: TokenStream) -> Self {
        let mut words = Words::default();
        walk(tokens, &mut |token, next| match token {
            TokenTree::Ident(name) if is_assignment(next) => {
                words.assigned.insert(name.to_string());
            }
            TokenTree::Ident(name) => {
                words.used.insert(name.to_string());
            }
            TokenTree::Literal(literal) => words.used.extend(names_in_text(&literal.to_string())),
            _ => {}
        });
        words
    }

    /// Whether the name is used, also in the braces of a format string. As for rustc, a name that is only
    /// assigned to is not used.
    pub(crate) fn is_used(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// Whether there is an assignment to the name: `name = ..`.
    pub(crate) fn is_assigned(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Whether the word occurs.
    pub(crate) fn have(&self, word: &str) -> bool {
        self.is_used(word) || self.is_assigned(word)
    }

    /// Whether a word that satisfies `is_wanted` occurs.
    pub(crate) fn have_any(&self, mut is_wanted: impl FnMut(&str) -> bool) -> bool {
        let mut all = self.used.iter().chain(&self.assigned);
        all.any(|word| is_wanted(word))
    }
}

/// Every name that the tokens use: see [`Words::is_used`].
pub(crate) fn names_in(tokens: TokenStream) -> HashSet<String> {
    Words::of(tokens).used
}

/// The names that a literal would use if it is a format string.
fn names_in_text(text: &str) -> impl Iterator<Item = String> {
    let is_of_name = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    let opened = text.split('{').skip(1);
    let opened = opened.map(move |piece| piece.chars().take_while(is_of_name).collect());
    // A width or a precision: `{value:width$.precision$}`.
    let counts = text.split('$').map(move |piece| {
        let name: String = piece.chars().rev().take_while(is_of_name).collect();
        name.chars().rev().collect()
    });
    opened.chain(counts)
}

/// The type without parentheses, and without the invisible group of a `$ty:ty` of a `macro_rules!`.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(inner) => bare(&inner.elem),
        Type::Paren(inner) => bare(&inner.elem),
        other => other,
    }
}

/// The expression without the invisible group of a `$value:expr` of a `macro_rules!`.
pub(crate) fn without_group(value: Expr) -> Expr {
    match value {
        Expr::Group(inner) if inner.attrs.is_empty() => without_group(*inner.expr),
        other => other,
    }
}

/// The tokens, with `place` as their location in rustc's messages and with their own hygiene.
pub(crate) fn located_at(place: Span, tokens: &TokenStream) -> TokenStream {
    let located = tokens.clone().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    located.collect()
}

/// The path as if the user had written it at `place`. `$crate` keeps its span, by which rustc knows the crate.
pub(crate) fn written_at(path: &TokenStream, place: Span) -> TokenStream {
    let written = path.clone().into_iter().map(|mut token| {
        if token.to_string() != "$crate" {
            token.set_span(place);
        }
        token
    });
    written.collect()
}

/// Whether `= value` follows, and not `==` or `=>`.
fn is_assignment(next: Option<&[TokenTree; 2]>) -> bool {
    let is = |token: &TokenTree, wanted: &[char]| matches!(token, TokenTree::Punct(punct) if wanted.contains(&punct.as_char()));
    next.is_some_and(|[equals, after]| is(equals, &['=']) && !is(after, &['=', '>']))
}

/// Visits every token, also inside of groups, with the two tokens that follow it.
pub(crate) fn walk(
    tokens: TokenStream,
    visit: &mut dyn FnMut(&TokenTree, Option<&[TokenTree; 2]>),
) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens
            .get(index + 1..)
            .and_then(|rest| rest.first_chunk::<2>());
        visit(token, next);
        if let TokenTree::Group(group) = token {
            walk(group.stream(), visit);
        }
    }
}

/// Whether the token is this punctuation.
pub(crate) fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// Whether the token is this word.
pub(crate) fn is_word(token: &TokenTree, wanted: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == wanted)
}
