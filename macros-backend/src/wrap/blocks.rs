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

/// The body in a closure. The items of the body are moved out of the closure into a block around it, so
/// that the return type and the arguments, which are written outside, do not see them.
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

/// The body in an `async` block with the user's span, so that rustc names the parameters in its
/// messages.
pub(super) fn async_block(ours: &TokenStream, body: &Group) -> TokenStream {
    let block = preceded(ours, body);
    quote_spanned!(body.span()=> async move #block)
}

/// The statements at the start of an `async` block that starts the span and hands it to the future
/// around. The start is a statement of its own, so that no borrow is held across the `.await`.
pub(super) fn handoff(krate: &TokenStream, start: &TokenStream) -> TokenStream {
    hygienic!(let __handed = #krate::__private::handoff(#start); __handed.await;)
}

/// The user's block with generated statements before its own.
///
/// They share the braces, because rustc warns about a block that only holds a block. If the block may
/// declare items, which our statements must not see, it keeps braces of its own.
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
