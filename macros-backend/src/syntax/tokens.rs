//! Questions about tokens that are nobody's syntax tree.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Expr, Type};

/// The words among a body's tokens, gathered once for all who ask.
///
/// Most bodies have nothing in them that a rule looks for or that is rewritten, and their
/// words say so.
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

    /// Whether the name is used, in the braces of a format string too. One that is only
    /// assigned to is not, as rustc sees it.
    pub(crate) fn use_name(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// Whether something is assigned to the name: `name = ..`.
    pub(crate) fn assign(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Whether the word stands anywhere.
    pub(crate) fn have(&self, word: &str) -> bool {
        self.use_name(word) || self.assign(word)
    }

    /// Whether such a word stands anywhere.
    pub(crate) fn have_any(&self, mut is_wanted: impl FnMut(&str) -> bool) -> bool {
        let mut all = self.used.iter().chain(&self.assigned);
        all.any(|word| is_wanted(word))
    }
}

/// Every name that the tokens use: see [`Words::use_name`].
pub(crate) fn names_in(tokens: TokenStream) -> HashSet<String> {
    Words::of(tokens).used
}

/// The names in the braces of a format string, if it is one.
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

/// The type in parentheses, or in the group without delimiters that a `$ty:ty` of a macro is.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(inner) => bare(&inner.elem),
        Type::Paren(inner) => bare(&inner.elem),
        other => other,
    }
}

/// The expression in the group without delimiters that an `$value:expr` of a macro is.
pub(crate) fn without_group(value: Expr) -> Expr {
    match value {
        Expr::Group(inner) if inner.attrs.is_empty() => without_group(*inner.expr),
        other => other,
    }
}

/// The same path as if it were written at `place`. `$crate` means what it does by its span.
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

/// Visits every token, nested ones included, with the two that follow it.
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
