//! Signatures that syn does not parse: `Box<Fn(u8) -> u8>` of edition 2018, parameters without a name of
//! edition 2015, syntax that is newer than syn.
//!
//! The parts that syn does not parse stay tokens, because the macros do not need to understand them.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    FnArg, GenericParam, Generics, Pat, PatType, ReturnType, Signature, Token, Type,
    TypeParamBound, WherePredicate, token,
};

use crate::syntax::angles::{Angles, length_of_angles};
use crate::syntax::tokens::{is_punct, is_word};

/// Reads a signature with a type, a bound or a parameter that syn does not parse.
pub(super) fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    let tokens: Vec<TokenTree> = input.parse::<TokenStream>()?.into_iter().collect();
    let unreadable = || syn::Error::new(Span::call_site(), "expected a function");
    let keyword = tokens.iter().position(|token| is_word(token, "fn"));
    let name = keyword.ok_or_else(unreadable)? + 1;
    let Some(TokenTree::Ident(_)) = tokens.get(name) else {
        return Err(unreadable());
    };
    let generics = length_of_generics(&tokens[name + 1..]);
    let inputs = name + 1 + generics;
    let Some(TokenTree::Group(group)) = tokens.get(inputs) else {
        return Err(unreadable());
    };
    if group.delimiter() != Delimiter::Parenthesis {
        return Err(unreadable());
    }
    let after = &tokens[inputs + 1..];
    let place_of_where = after.iter().position(|token| is_word(token, "where"));
    let (output, predicates) = after.split_at(place_of_where.unwrap_or(after.len()));
    let head: TokenStream = tokens[..=name].iter().cloned().collect();
    let mut signature: Signature = syn::parse2(quote!(#head ()))?;
    signature.paren_token = token::Paren(group.span());
    signature.generics = generic_parameters(&tokens[name + 1..inputs])?;
    signature.generics.where_clause = match predicates {
        [] => None,
        [_, predicates @ ..] => Some(syn::WhereClause {
            where_token: <Token![where]>::default(),
            predicates: each(predicates, predicate)?,
        }),
    };
    let content: Vec<TokenTree> = group.stream().into_iter().collect();
    signature.inputs = each(&content, parameter)?;
    signature.output = match output {
        [] => ReturnType::Default,
        [dash, arrow, returned @ ..] if is_punct(Some(dash), '-') && is_punct(Some(arrow), '>') => {
            let arrow = [dash.clone(), arrow.clone()].into_iter().collect();
            ReturnType::Type(syn::parse2(arrow)?, Box::new(ty(returned)))
        }
        _ => return Err(unreadable()),
    };
    Ok(signature)
}

/// The number of tokens of the `<..>` at the start of `tokens`; 0 if there is none.
fn length_of_generics(tokens: &[TokenTree]) -> usize {
    if !is_punct(tokens.first(), '<') {
        return 0;
    }
    length_of_angles(tokens).unwrap_or(tokens.len())
}

/// Reads each part between commas.
fn each<T>(
    tokens: &[TokenTree],
    read: fn(&[TokenTree]) -> syn::Result<T>,
) -> syn::Result<Punctuated<T, Token![,]>> {
    let mut parts = Punctuated::new();
    let mut angles = Angles::default();
    let mut start = 0;
    for (place, token) in tokens.iter().enumerate() {
        angles.pass(token);
        if !angles.are_open() && is_punct(Some(token), ',') {
            parts.push_value(read(&tokens[start..place])?);
            parts.push_punct(syn::parse2(token.clone().into())?);
            start = place + 1;
        }
    }
    if start < tokens.len() {
        parts.push_value(read(&tokens[start..])?);
    }
    Ok(parts)
}

fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

fn ty(tokens: &[TokenTree]) -> Type {
    let tokens = stream(tokens);
    syn::parse2(tokens.clone()).unwrap_or(Type::Verbatim(tokens))
}

/// A parameter. In edition 2015, a parameter of a trait's method may have no name.
fn parameter(tokens: &[TokenTree]) -> syn::Result<FnArg> {
    if let Ok(parameter) = syn::parse2(stream(tokens)) {
        return Ok(parameter);
    }
    let colon = place_of_colon(tokens);
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(syn::Attribute::parse_outer)?;
        let pat = Pat::parse_single(input)?;
        Ok((attrs, pat))
    };
    let Some(colon) = colon else {
        return Ok(FnArg::Typed(PatType {
            attrs: Vec::new(),
            pat: Box::new(Pat::parse_single.parse2(quote!(_))?),
            colon_token: <Token![:]>::default(),
            ty: Box::new(ty(tokens)),
        }));
    };
    let (attrs, pat) = parser.parse2(stream(&tokens[..colon]))?;
    Ok(FnArg::Typed(PatType {
        attrs,
        pat: Box::new(pat),
        colon_token: syn::parse2(tokens[colon].clone().into())?,
        ty: Box::new(ty(&tokens[colon + 1..])),
    }))
}

/// The generic parameters, whose bounds syn may not parse.
fn generic_parameters(tokens: &[TokenTree]) -> syn::Result<Generics> {
    let [open, content @ .., close] = tokens else {
        return Ok(Generics::default());
    };
    Ok(Generics {
        lt_token: Some(syn::parse2(open.clone().into())?),
        params: each(content, generic)?,
        gt_token: Some(syn::parse2(close.clone().into())?),
        where_clause: None,
    })
}

fn generic(tokens: &[TokenTree]) -> syn::Result<GenericParam> {
    if let Ok(parameter) = syn::parse2(stream(tokens)) {
        return Ok(parameter);
    }
    let (head, bounds) = split_bounds(tokens)?;
    let mut parameter: syn::TypeParam = syn::parse2(head)?;
    parameter.colon_token = Some(<Token![:]>::default());
    parameter.bounds.push(bounds);
    Ok(GenericParam::Type(parameter))
}

fn predicate(tokens: &[TokenTree]) -> syn::Result<WherePredicate> {
    if let Ok(predicate) = syn::parse2(stream(tokens)) {
        return Ok(predicate);
    }
    let (bounded, bounds) = split_bounds(tokens)?;
    let mut predicate = syn::parse2(quote!(T:))?;
    if let WherePredicate::Type(predicate) = &mut predicate {
        predicate.bounded_ty = Type::Verbatim(bounded);
        predicate.bounds.push(bounds);
    }
    Ok(predicate)
}

/// The tokens before the colon, and those after it as one bound.
fn split_bounds(tokens: &[TokenTree]) -> syn::Result<(TokenStream, TypeParamBound)> {
    let Some(colon) = place_of_colon(tokens) else {
        return Err(syn::Error::new(Span::call_site(), "expected a bound"));
    };
    let bounds = TypeParamBound::Verbatim(stream(&tokens[colon + 1..]));
    Ok((stream(&tokens[..colon]), bounds))
}

/// The first colon that is not part of `::`.
fn place_of_colon(tokens: &[TokenTree]) -> Option<usize> {
    let is_colon = |place: usize| is_punct(tokens.get(place), ':');
    (0..tokens.len()).find(|place| {
        let is_second = *place > 0 && is_colon(place - 1);
        is_colon(*place) && !is_colon(place + 1) && !is_second
    })
}

#[cfg(test)]
mod tests {
    use super::signature;
    use proc_macro2::TokenStream;
    use quote::ToTokens;
    use syn::parse::Parser;

    #[track_caller]
    fn assert_reads(written: &str, expected: &str) {
        // The printed spaces depend on which tokens are joint, which does not matter here.
        let tokens = |text: &str| {
            text.parse::<TokenStream>()
                .unwrap()
                .to_string()
                .replace(' ', "")
        };
        let read = signature.parse_str(written).unwrap();
        assert_eq!(
            tokens(&read.to_token_stream().to_string()),
            tokens(expected)
        );
    }

    #[test]
    fn syntax_that_syn_rejects_stays_as_written() {
        for written in [
            "fn f(f: Box<Fn(u8) -> u8>)",
            "fn f(&self, f: &(Fn(u8, u8) -> u8 + Send), n: u8) -> Box<Fn(u8) -> u8 + 'static>",
            "async unsafe fn f(self: Box<Self>, (a, b): (Box<Fn()>, u8)) -> Result<Box<Fn()>, ()>",
            "fn f<'a, T: Into<Box<Fn(u8) -> u8>>, const N: usize>(t: T)",
            "fn f<T>(t: T) -> u8 where T: 'static, Box<Fn(u8) -> u8>: Into<T>, T: Send",
        ] {
            assert_reads(written, written);
        }
    }

    #[test]
    fn a_parameter_without_a_name_gets_an_underscore() {
        assert_reads(
            "fn f(&self, u8, Box<Fn(u8) -> u8>)",
            "fn f(&self, _: u8, _: Box<Fn(u8) -> u8>)",
        );
    }

    #[test]
    fn tokens_that_are_no_function_are_an_error() {
        for written in ["", "fn", "fn f", "fn f[]", "struct S", "fn f<(u8)"] {
            assert!(signature.parse_str(written).is_err(), "{written}");
        }
    }
}
