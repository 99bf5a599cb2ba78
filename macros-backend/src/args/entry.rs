//! The attributes of a span, as arguments list them.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Pat, Token, Type};

use super::parsers::{each_between_commas, has_no_value, in_parentheses, next_token};
use crate::diagnostics::{self, Errors};
use crate::syntax::tokens::without_group;

/// One attribute of the span: `param`, `key = expr`, `key = %expr`, `key = ?expr`.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) form: Form,
    pub(crate) value: Expr,
}

/// Attributes of a result: `|pattern| key = expr, ..`.
#[derive(Clone)]
pub(crate) struct OnResult {
    pub(crate) pattern: Pat,
    /// `|pattern: Type|`.
    pub(crate) ty: Option<Type>,
    pub(crate) entries: Vec<Entry>,
}

/// The key of an attribute: its text, and its tokens for errors to point at.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) tokens: TokenStream,
}

/// How a value is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Value,
    Display,
    Debug,
}

pub(super) fn entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    in_parentheses(input, entries_of)
}

/// A list of attributes, up to the end of the input.
fn entries_of(content: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut errors = Errors::default();
    each_between_commas(content, &mut errors, |input, errors| {
        let entry = errors.keep(entry(input));
        let understood = entry.is_some();
        found.extend(entry);
        understood
    });
    match errors.into_combined() {
        Some(all) => Err(all),
        None => Ok(found),
    }
}

pub(super) fn on_result(input: ParseStream<'_>) -> syn::Result<OnResult> {
    in_parentheses(input, |content| {
        if !content.peek(Token![|]) || content.peek(Token![||]) {
            return Err(diagnostics::expected_pattern(&next_token(content)));
        }
        content.parse::<Token![|]>()?;
        let pattern = Pat::parse_single(content)?;
        let ty = match content.parse::<Option<Token![:]>>()? {
            Some(_) => Some(content.parse()?),
            None => None,
        };
        content.parse::<Token![|]>()?;
        let entries = entries_of(content)?;
        Ok(OnResult {
            pattern,
            ty,
            entries,
        })
    })
}

/// One attribute: `key = value`, or the shorthand, whose key is the expression too: `id`, `?user`, `order.id`. The form
/// stands before the value, which in the shorthand is the key.
pub(super) fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let form = recorded_form(input)?;
    if input.peek(LitStr) {
        let key: LitStr = input.parse()?;
        if !input.peek(Token![=]) {
            return Err(diagnostics::shorthand_needs_name(key));
        }
        if form != Form::Value {
            return Err(diagnostics::expected_attribute(&key.into_token_stream()));
        }
        let name = key.value();
        let tokens = key.into_token_stream();
        return assigned_entry(Key { name, tokens }, input);
    }
    if !input.peek(Ident::peek_any) {
        return Err(diagnostics::expected_attribute(&next_token(input)));
    }
    let path =
        Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(input, Ident::parse_any)?;
    let names: Vec<String> = path.iter().map(|part| part.unraw().to_string()).collect();
    let tokens = path.to_token_stream();
    let key = Key {
        name: names.join("."),
        tokens,
    };
    if form == Form::Value && input.peek(Token![=]) {
        return assigned_entry(key, input);
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(diagnostics::expected_attribute(&next_token(input)));
    }
    // The shorthand: a parameter, or a field of one.
    let value = syn::parse2(key.tokens.clone())?;
    Ok(Entry { key, form, value })
}

fn assigned_entry(key: Key, input: ParseStream<'_>) -> syn::Result<Entry> {
    // `=` alone would also be read from `=>`.
    let is_arrow = input.peek(Token![=>]);
    input.parse::<Token![=]>()?;
    let form = recorded_form(input)?;
    if is_arrow || has_no_value(input) {
        return Err(diagnostics::expected_attribute(&key.tokens));
    }
    let value = without_group(input.parse()?);
    Ok(Entry { key, form, value })
}

fn recorded_form(input: ParseStream<'_>) -> syn::Result<Form> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        return Ok(Form::Display);
    }
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        return Ok(Form::Debug);
    }
    Ok(Form::Value)
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    #[test]
    fn the_form_stands_before_the_value() {
        let form_of = |tokens: &str| entry.parse_str(tokens).map(|entry| entry.form);
        assert!(form_of("id").unwrap() == Form::Value);
        assert!(form_of("?user").unwrap() == Form::Debug);
        assert!(form_of("order.id = %id").unwrap() == Form::Display);
        assert!(form_of("\"order.id\" = %id").unwrap() == Form::Display);
        for misplaced in ["%order.id = id", "%\"order.id\" = id", "\"order.id\" => id"] {
            assert!(form_of(misplaced).is_err(), "{misplaced}");
        }
    }
}
