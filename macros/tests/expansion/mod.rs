//! Expands our attributes outside the compiler.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, File, ImplItem, Item, Meta, TraitItem};

use traced_macros_backend::{CrateContext, Mode};

/// A file with each of our attributes expanded.
pub(crate) fn expanded(mut file: File) -> File {
    Expand.visit_file_mut(&mut file);
    file
}

/// Expands our attributes where they stand, as the compiler would.
struct Expand;

impl VisitMut for Expand {
    fn visit_item_mut(&mut self, item: &mut Item) {
        let attributes = match item {
            Item::Fn(function) => &mut function.attrs,
            Item::Impl(block) => &mut block.attrs,
            Item::Trait(definition) => &mut definition.attrs,
            Item::Mod(module) => &mut module.attrs,
            _ => return,
        };
        if let Some((mode, args)) = take_attribute(attributes) {
            *item = syn::parse2(expand(mode, args, item.to_token_stream())).unwrap();
            return;
        }
        visit_mut::visit_item_mut(self, item);
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        if let ImplItem::Fn(function) = item {
            if let Some((mode, args)) = take_attribute(&mut function.attrs) {
                *item = syn::parse2(expand(mode, args, function.to_token_stream())).unwrap();
            }
        }
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        if let TraitItem::Fn(function) = item {
            if let Some((mode, args)) = take_attribute(&mut function.attrs) {
                *item = syn::parse2(expand(mode, args, function.to_token_stream())).unwrap();
            }
        }
    }
}

/// Removes the first attribute that is ours, and returns its mode and its arguments.
pub(crate) fn take_attribute(attributes: &mut Vec<Attribute>) -> Option<(Mode, TokenStream)> {
    let mode = |attribute: &Attribute| match attribute
        .path()
        .segments
        .last()?
        .ident
        .to_string()
        .as_str()
    {
        "traced" => Some(Mode::Span),
        "traced_spawn" => Some(Mode::SpawnSitesOnly),
        _ => None,
    };
    let place = attributes
        .iter()
        .position(|attribute| mode(attribute).is_some())?;
    let attribute = attributes.remove(place);
    let args = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some((mode(&attribute)?, args))
}

/// Expands as the compiler does, in a crate `shop` of version 1.2.0.
pub(crate) fn expand(mode: Mode, args: TokenStream, item: TokenStream) -> TokenStream {
    let crate_context = CrateContext {
        name: "shop".to_owned(),
        version: "1.2.0".to_owned(),
        container: None,
        is_in_container: false,
    };
    traced_macros_backend::expand(mode, args, item, crate_context)
}
