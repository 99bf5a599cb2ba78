//! `#[traced]` among the attributes of an expression, or among the tokens of a macro.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{AttrStyle, Attribute, Expr};

use super::positions::{attributes_of, leftmost};
use crate::syntax::attributes::take_arguments;
use crate::syntax::expressions::is_one_of;
use crate::syntax::tokens::walk;

/// Whether the tokens have a `#[traced`. Most bodies have none and need not be parsed.
pub(super) fn mentions_traced(body: TokenStream) -> bool {
    let mut found = false;
    walk(body, &mut |token, next| {
        let is_hash = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if let (true, Some([TokenTree::Group(group), _])) = (is_hash, next) {
            found |= group
                .stream()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(word) if word == "traced"));
        }
    });
    found
}

/// Removes `#[traced]` and the other outer attributes of a statement, and returns the arguments and the others.
pub(super) fn take_statement_args(expr: &mut Expr) -> Option<(TokenStream, Vec<Attribute>)> {
    let list = attributes_of(leftmost(expr))?;
    let args = take_args(list)?;
    let is_before = |attribute: &Attribute| matches!(attribute.style, AttrStyle::Outer);
    let (before, within) = std::mem::take(list).into_iter().partition(is_before);
    *list = within;
    Some((args, before))
}

/// Removes `#[traced]`, and returns its arguments.
pub(super) fn take_args(attributes: &mut Vec<Attribute>) -> Option<TokenStream> {
    take_arguments(attributes, "traced")
}

pub(super) fn is_ours(attribute: &Attribute) -> bool {
    is_one_of(attribute.path(), &["traced"])
}

/// The annotated expression at the start of the tokens, and the tokens after it.
pub(super) fn annotated_expression(
    first: &TokenTree,
    tokens: &TokenStream,
) -> Option<(Expr, TokenStream)> {
    if !matches!(first, TokenTree::Punct(hash) if hash.as_char() == '#') {
        return None;
    }
    let parser = |input: ParseStream<'_>| {
        let attributes = input.fork().call(Attribute::parse_outer)?;
        match attributes.iter().any(is_ours) {
            true => Ok((input.parse()?, input.parse()?)),
            false => Err(input.error("not ours")),
        }
    };
    parser.parse2(tokens.clone()).ok()
}
