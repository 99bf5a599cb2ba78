//! The attributes of the functions and containers inside an annotated container.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Meta};

use crate::args::{Args, Mode};
use crate::conditional;
use crate::diagnostics::Errors;
use crate::syntax::attributes::take_arguments;
use crate::syntax::expressions::is_one_of;
use crate::syntax::tokens::{is_punct, is_word, walk};

/// Removes the `#[traced]` of an item, and returns its arguments; `None` if there is none.
pub(super) fn own_arguments(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Args> {
    let args = take_arguments(attributes, "traced")?;
    Some(Args::parse(Mode::Span, args, errors))
}

/// The outer attributes of an item, and the rest of it.
pub(super) fn split_attributes(item: &TokenStream) -> Option<(Vec<Attribute>, TokenStream)> {
    let parser = |input: syn::parse::ParseStream<'_>| {
        Ok((input.call(Attribute::parse_outer)?, input.parse()?))
    };
    parser.parse2(item.clone()).ok()
}

/// The item with our attribute and the item without it, each under its `#[cfg(..)]`: only rustc knows whether
/// the condition of a `cfg_attr` holds.
///
/// ```text
/// In:  #[cfg_attr(feature = "quiet", traced(skip))] fn f() { body }
/// Out: #[cfg(feature = "quiet")] #[traced(skip)] fn f() { body }
///      #[cfg(not(feature = "quiet"))] fn f() { body }
/// ```
pub(super) fn variants_of(item: &TokenStream, mode: Mode) -> Option<[TokenStream; 2]> {
    let (attributes, rest) = split_attributes(item)?;
    let is_ours: fn(&Meta) -> bool = match mode {
        Mode::Span => |meta| is_one_of(meta.path(), &["traced"]),
        Mode::SpawnSitesOnly => |meta| is_one_of(meta.path(), &["traced", "traced_spawn"]),
    };
    let variants = conditional::variants_of(&attributes, is_ours)?;
    Some(variants.map(|variant| quote!(#variant #rest)))
}

/// Whether an attribute of the item itself configures its spawn sites: `#[traced_spawn]` or
/// `#[traced(spawn = false)]`.
pub(super) fn keeps_its_sites(item: &[TokenTree]) -> bool {
    item.windows(2).any(|pair| match pair {
        [hash, TokenTree::Group(attribute)] => {
            is_punct(Some(hash), '#')
                && attribute.delimiter() == Delimiter::Bracket
                && decides_about_sites(attribute)
        }
        _ => false,
    })
}

fn decides_about_sites(attribute: &Group) -> bool {
    let mut words = Vec::new();
    walk(attribute.stream(), &mut |token, next| {
        if let TokenTree::Ident(word) = token {
            let is_set_to_false = next.is_some_and(|next| is_word(&next[1], "false"));
            words.push((word.to_string(), is_set_to_false));
        }
    });
    let has = |name: &str| words.iter().any(|(word, _)| word == name);
    has("traced_spawn") || (has("traced") && words.contains(&("spawn".to_owned(), true)))
}
