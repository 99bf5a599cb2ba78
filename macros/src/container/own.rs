//! What a function or a container in an annotated one says itself.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Meta};

use crate::args::{Args, Mode};
use crate::diagnostics::Errors;

pub(super) enum Own {
    None,
    Arguments(Box<Args>),
}

/// Takes the attribute off that says it.
pub(super) fn own_arguments(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Own {
    let is_ours = |attribute: &Attribute| ends_in_traced(attribute.path());
    let Some(place) = attributes.iter().position(is_ours) else {
        return Own::None;
    };
    let args = match attributes.remove(place).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Own::Arguments(Box::new(Args::parse(Mode::Span, args, errors)))
}

fn ends_in_traced(path: &syn::Path) -> bool {
    path.segments
        .last()
        .is_some_and(|last| last.ident == "traced")
}

/// The outer attributes of an item, and the rest of it.
pub(super) fn split_attributes(item: &TokenStream) -> Option<(Vec<Attribute>, TokenStream)> {
    let parser = |input: syn::parse::ParseStream<'_>| {
        Ok((input.call(Attribute::parse_outer)?, input.parse()?))
    };
    parser.parse2(item.clone()).ok()
}

/// The item as it is where the condition holds under which it has an attribute of ours, and as
/// it is where not: only rustc knows which.
///
/// ```text
/// In:  #[cfg_attr(feature = "quiet", traced(skip))] fn f() { body }
/// Out: #[cfg(feature = "quiet")] #[traced(skip)] fn f() { body }
///      #[cfg(not(feature = "quiet"))] fn f() { body }
/// ```
pub(super) fn either_way(item: &TokenStream) -> Option<[TokenStream; 2]> {
    let (attributes, rest) = split_attributes(item)?;
    let mut found = attributes.iter().enumerate();
    let (place, (condition, conditional)) =
        found.find_map(|(place, attribute)| Some((place, conditional(attribute)?)))?;
    let (before, after) = (&attributes[..place], &attributes[place + 1..]);
    let with = quote!(#(#before)* #[cfg(#condition)] #(#[#conditional])* #(#after)* #rest);
    let without = quote!(#(#before)* #[cfg(not(#condition))] #(#after)* #rest);
    Some([with, without])
}

/// The condition of a `cfg_attr`, and its attributes, if one of them is ours.
fn conditional(attribute: &Attribute) -> Option<(TokenStream, Vec<TokenStream>)> {
    let list = match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => list.tokens.clone(),
        _ => return None,
    };
    let tokens: Vec<TokenTree> = list.into_iter().collect();
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let parts = tokens.split(is_comma).filter(|part| !part.is_empty());
    let mut parts = parts.map(|part| part.iter().cloned().collect::<TokenStream>());
    let condition = parts.next()?;
    let attributes: Vec<TokenStream> = parts.collect();
    let is_ours = |part: &TokenStream| {
        syn::parse2::<Meta>(part.clone()).is_ok_and(|meta| ends_in_traced(meta.path()))
    };
    attributes
        .iter()
        .any(is_ours)
        .then_some((condition, attributes))
}
