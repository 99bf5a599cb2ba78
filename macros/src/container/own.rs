//! What a function or a container in an annotated one says itself.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Meta};

use crate::args::{Args, Mode};
use crate::conditional;
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
pub(crate) fn split_attributes(item: &TokenStream) -> Option<(Vec<Attribute>, TokenStream)> {
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
    let ways = conditional::either_way(&attributes, |meta| ends_in_traced(meta.path()))?;
    Some(ways.map(|way| quote!(#way #rest)))
}
