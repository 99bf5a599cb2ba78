//! What a function or a container in an annotated one says itself.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Meta};

use crate::args::{Args, Mode};
use crate::conditional;
use crate::diagnostics::Errors;
use crate::syntax::tokens::{is_punct, is_word, walk};

pub(super) enum Own {
    None,
    Arguments(Box<Args>),
}

/// Takes the attribute off that says it.
pub(super) fn own_arguments(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Own {
    let is_ours = |attribute: &Attribute| ends_in(attribute.path(), &["traced"]);
    let Some(place) = attributes.iter().position(is_ours) else {
        return Own::None;
    };
    let args = match attributes.remove(place).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Own::Arguments(Box::new(Args::parse(Mode::Span, args, errors)))
}

fn ends_in(path: &syn::Path, names: &[&str]) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
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
pub(super) fn either_way(item: &TokenStream, mode: Mode) -> Option<[TokenStream; 2]> {
    let (attributes, rest) = split_attributes(item)?;
    let is_ours: fn(&Meta) -> bool = match mode {
        Mode::Span => |meta| ends_in(meta.path(), &["traced"]),
        Mode::SpawnSitesOnly => |meta| ends_in(meta.path(), &["traced", "traced_spawn"]),
    };
    let ways = conditional::either_way(&attributes, is_ours)?;
    Some(ways.map(|way| quote!(#way #rest)))
}

/// Whether an attribute of the item decides about its spawn sites: `#[traced_spawn]`,
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
            let is_set = next.is_some_and(|next| is_word(&next[1], "false"));
            words.push((word.to_string(), is_set));
        }
    });
    let has = |name: &str| words.iter().any(|(word, _)| word == name);
    has("traced_spawn") || (has("traced") && words.contains(&("spawn".to_owned(), true)))
}
