//! Questions about tokens that are nobody's syntax tree.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};

/// Every name that the tokens use, in the braces of a format string too. A name
/// that is only assigned to is not used, as rustc sees it.
pub(crate) fn names_in(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    walk(tokens, &mut |token, next| match token {
        TokenTree::Ident(_) if is_assignment(next) => {}
        TokenTree::Ident(ident) => {
            names.insert(ident.to_string());
        }
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            for piece in text.split('{').skip(1) {
                let name: String = piece
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                names.insert(name);
            }
            // A width or a precision: `{value:width$.precision$}`.
            for piece in text.split('$') {
                let name: String = piece
                    .chars()
                    .rev()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                names.insert(name.chars().rev().collect());
            }
        }
        _ => {}
    });
    names
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

/// Every name to which the tokens assign: `name = ..`.
pub(crate) fn assigned_names(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    walk(tokens, &mut |token, next| {
        if let (TokenTree::Ident(name), true) = (token, is_assignment(next)) {
            names.insert(name.to_string());
        }
    });
    names
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
