//! Parsers of the values of arguments.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Path, Token, parenthesized};

use crate::diagnostics::{self, Errors};
use crate::syntax::tokens::without_group;

pub(super) fn assigned(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse().map(without_group)
}

/// Whether the list goes on, or ends, where a value is expected.
pub(super) fn has_no_value(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

pub(super) fn assigned_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![=]>()?;
    Path::parse_mod_style(input)
}

/// Reads the content of parentheses. After an error the rest of it is skipped, or else syn would report
/// the unread tokens too.
pub(super) fn in_parentheses<T>(
    input: ParseStream<'_>,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let content;
    parenthesized!(content in input);
    let value = read(&content);
    if value.is_err() {
        content.parse::<TokenStream>()?;
    }
    value
}

/// Reads a list in parentheses. `unexpected` makes the error for a token that cannot be in the list.
pub(super) fn listed<T>(
    input: ParseStream<'_>,
    part: fn(ParseStream<'_>) -> syn::Result<T>,
    unexpected: fn(&TokenStream) -> syn::Error,
) -> syn::Result<Vec<T>> {
    in_parentheses(input, |content| {
        let mut parts = Vec::new();
        while !content.is_empty() {
            let found = next_token(content);
            parts.push(part(content).map_err(|_| unexpected(&found))?);
            if !content.is_empty() {
                let found = next_token(content);
                content
                    .parse::<Token![,]>()
                    .map_err(|_| unexpected(&found))?;
            }
        }
        Ok(parts)
    })
}

pub(super) fn lints(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    listed(input, Ident::parse, diagnostics::expected_lint)
}

pub(super) fn bare(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,`"))
}

pub(super) fn paths(input: ParseStream<'_>) -> syn::Result<Vec<Path>> {
    listed(input, Path::parse_mod_style, diagnostics::expected_spawner)
}

/// Calls `read` for each part between commas. The tokens that it leaves unread, after an error or not,
/// are skipped up to the next comma.
pub(super) fn each_between_commas(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream<'_>, &mut Errors) -> bool,
) {
    while !input.is_empty() {
        let understood = read(input, errors);
        if understood && !input.is_empty() && !input.peek(Token![,]) {
            errors.push(diagnostics::expected_comma(&next_token(input)));
        }
        while !input.is_empty() && !input.peek(Token![,]) {
            skip_token(input);
        }
        let _comma: Option<Token![,]> = input.parse().ok();
    }
}

pub(super) fn next_token(input: ParseStream<'_>) -> TokenStream {
    match input.cursor().token_tree() {
        Some((token, _)) => token.into(),
        None => TokenStream::new(),
    }
}

pub(super) fn skip_token(input: ParseStream<'_>) {
    let _ = input.step(|cursor| match cursor.token_tree() {
        Some((_, rest)) => Ok(((), rest)),
        None => Ok(((), *cursor)),
    });
}
