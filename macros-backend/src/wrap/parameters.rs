//! Makes the closure or `async` block around a body capture the parameters.

use proc_macro2::{Group, TokenStream};

use crate::model::{Binding, Rebind};
use crate::syntax::groups::braced_like;

/// Captures the parameters so that they are dropped in the same order as before.
///
/// A closure captures variables in the order in which it mentions them, and drops them in that order. A
/// function drops its parameters in reverse order, so the last one is mentioned first. A parameter whose
/// drop has no effect, such as a reference, needs no mention. A parameter that the body may make borrow from
/// one of its locals is bound again inside.
pub(super) fn take_over(bindings: &[Binding]) -> TokenStream {
    let (mentioned, rebound) = (mention(bindings), rebind(bindings));
    hygienic!(#mentioned #rebound)
}

pub(super) fn rebind(bindings: &[Binding]) -> TokenStream {
    bindings.iter().filter_map(bind_again).collect()
}

/// Puts the body into a `match` if parameters are bound again, so that its temporaries are dropped before these.
/// Up to Rust 2021, the temporaries of a block's tail outlive its locals.
pub(super) fn within_rebound(bindings: &[Binding], body: &Group) -> Group {
    match bindings.iter().any(|binding| binding.rebind.is_some()) {
        true => braced_like(body, hygienic!(match () { () => #body })),
        false => body.clone(),
    }
}

pub(super) fn mention(bindings: &[Binding]) -> TokenStream {
    mention_each(bindings.iter().rev().filter(|binding| binding.may_drop))
}

pub(super) fn mention_each<'b>(bindings: impl Iterator<Item = &'b Binding>) -> TokenStream {
    let each = bindings.map(|binding| {
        let Binding {
            ident, conditions, ..
        } = binding;
        hygienic!(#(#conditions)* &#ident,)
    });
    let each: TokenStream = each.collect();
    match each.is_empty() {
        true => TokenStream::new(),
        false => hygienic!({ let _ = (#each); }),
    }
}

fn bind_again(binding: &Binding) -> Option<TokenStream> {
    let Binding {
        ident, conditions, ..
    } = binding;
    let mutability = match binding.rebind? {
        Rebind::Mutable => Some(hygienic!(mut)),
        Rebind::Immutable => None,
    };
    Some(hygienic!(#(#conditions)* let #mutability #ident = #ident;))
}
