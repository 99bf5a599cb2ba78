//! The closure or `async` block around a body.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::items::{Hoisted, hoist_items, may_declare_items};
use super::parameters::{take_over, within_rebound};
use crate::model::Binding;
use crate::syntax::groups::braced_like;
use crate::syntax::tokens::written_at;

/// The body in a closure. The items of the body move into a block around the closure: see [`hoist_items`]. The
/// return type and the arguments, which are written outside that block, do not see them.
///
/// ```text
/// In:  use Value::*; match value { Null => .. }
/// Out: { use Value::*; move || { match value { Null => .. } } }
/// ```
pub(super) fn closure(bindings: &[Binding], body: &Group) -> TokenStream {
    let Hoisted { items, body } = hoist_items(body);
    let body = preceded(&take_over(bindings), &within_rebound(bindings, &body));
    let closure = quote_spanned!(body.span()=> move || #body);
    match items.is_empty() {
        true => closure,
        false => hygienic!({ #items #closure }),
    }
}

/// The body in an `async` block. With the user's span, rustc's messages name the parameters.
pub(super) fn async_block(ours: &TokenStream, body: &Group) -> TokenStream {
    let block = preceded(ours, body);
    quote_spanned!(body.span()=> async move #block)
}

/// The statements at the start of an `async` block that start the span and hand it to the future around the
/// block. The start is a statement of its own, so that no borrow is held across the `.await`.
pub(super) fn handoff(krate: &TokenStream, start: &TokenStream) -> TokenStream {
    hygienic!(let __handed = #krate::__private::handoff(#start); __handed.await;)
}

/// The user's block with generated statements before its own.
///
/// Both share the braces, because rustc warns about a block that only holds a block. A block that may declare
/// items keeps braces of its own, because our statements must not see the items.
pub(super) fn preceded(ours: &TokenStream, body: &Group) -> Group {
    let theirs = match body.stream() {
        stream if ours.is_empty() || !may_declare_items(&stream) => stream,
        _ => body.to_token_stream(),
    };
    braced_like(body, hygienic!(#ours #theirs))
}

/// A `return` that never runs and tells rustc the output type of an `async` block.
pub(super) fn pin_output(krate: &TokenStream, output: &Type) -> TokenStream {
    let returns = written_at(&hygienic!(#krate::__private::Returns), output.span());
    quote_spanned!(output.span()=> if false { return #returns::<#output>::never(); })
}
