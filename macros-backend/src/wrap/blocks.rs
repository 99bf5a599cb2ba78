//! The closures and `async` blocks that hold a body.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::items::{Hoisted, hoist_items, may_declare_items};
use super::parameters::{take_over, within_rebound};
use crate::model::Binding;
use crate::syntax::groups::braced_like;

/// The body in a closure, beside the items that it declares: what else is written of the
/// function, its return type and the arguments, must not see those.
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

/// The body in an `async` block, which counts as written by the user, so that
/// rustc calls the parameters in it by their names.
pub(super) fn async_block(ours: &TokenStream, body: &Group) -> TokenStream {
    let block = preceded(ours, body);
    quote_spanned!(body.span()=> async move #block)
}

/// What an `async` block that starts the span begins with: in a statement of its own, so that
/// no borrow lives on over the `.await`.
pub(super) fn hand_over(krate: &TokenStream, start: &TokenStream) -> TokenStream {
    hygienic!(let __handed = #krate::__private::handoff(#start); __handed.await;)
}

/// The user's block with statements of ours before its own.
///
/// Within the same braces, as rustc warns of a block that holds nothing but a
/// block; except where the block may declare items, which ours must not see.
pub(super) fn preceded(ours: &TokenStream, body: &Group) -> Group {
    let theirs = match body.stream() {
        stream if ours.is_empty() || !may_declare_items(&stream) => stream,
        _ => body.to_token_stream(),
    };
    braced_like(body, hygienic!(#ours #theirs))
}

/// A `return` that never runs, and tells rustc the output of an `async` block.
pub(super) fn pin_output(krate: &TokenStream, output: &Type) -> TokenStream {
    let never = placed(hygienic!(#krate::__private::never), output.span());
    quote_spanned!(output.span()=> if false { return #never::<#output>(); })
}

/// The same tokens, all of them at one place.
fn placed(tokens: TokenStream, place: Span) -> TokenStream {
    let placed = tokens.into_iter().map(|mut token| {
        token.set_span(place);
        token
    });
    placed.collect()
}
