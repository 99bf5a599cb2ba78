//! [`Model`] → tokens: composes the pieces, and cannot fail.
//!
//! What comes out is the user's function with a few calls around its body, all
//! into `::traced::__private`; what those do is ordinary code in `runtime`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::item::{Head, Item};
use crate::model::Model;
use crate::spawn;
use crate::syntax::groups::braced_like;
use crate::wrap;

/// The item with what `#[traced]` adds.
pub(crate) fn rewrite(model: Model) -> TokenStream {
    let mut item = model.item;
    if spawn::may_be_in(&item.words, &model.units) {
        let carried = spawn::carry_into_sites(item.body.stream(), &model.krate, &model.units);
        item.body = braced_like(&item.body, carried);
    }
    let body = match &model.span {
        Some(span) => wrap::wrap(&model.krate, span, &model.bindings, &item.body),
        None => item.body.stream(),
    };
    let inner_attributes = item.inner_attributes;
    let body = braced_like(&item.body, quote!(#inner_attributes #body));
    let head = head(&item.head);
    quote!(#head #body)
}

/// The user's function, without the attributes that are ours.
pub(crate) fn untouched(item: Item) -> TokenStream {
    let (head, inner_attributes) = (head(&item.head), item.inner_attributes);
    let body = item.body.stream();
    let body = braced_like(&item.body, quote!(#inner_attributes #body));
    quote!(#head #body)
}

/// The item with what `#[traced]` adds, or, where something is wrong with it,
/// the item alone.
pub(crate) fn rewrite_unless(is_wrong: bool, model: Model) -> TokenStream {
    match is_wrong {
        true => untouched(model.item),
        false => rewrite(model),
    }
}

/// The item, and what is wrong with it or its attribute.
pub(crate) fn with_errors(item: TokenStream, errors: Option<TokenStream>) -> TokenStream {
    let item = match errors {
        Some(_) => spawn::without_attributes(item),
        None => item,
    };
    quote!(#errors #item)
}

fn head(head: &Head) -> TokenStream {
    let Head {
        attributes,
        visibility,
        defaultness,
        signature,
    } = head;
    quote!(#(#attributes)* #visibility #defaultness #signature)
}
