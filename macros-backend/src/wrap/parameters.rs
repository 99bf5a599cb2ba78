//! The parameters of the function, as the wrapped body takes them over.

use proc_macro2::{Group, TokenStream};

use crate::model::{Binding, Rebind};
use crate::syntax::groups::braced_like;

/// Makes the closure or block take over the parameters as the function had them.
///
/// They are dropped in the order in which they are captured, and captured in
/// the order in which they are mentioned: so the last one is mentioned first.
/// Those whose drop nothing can see, references for one, need no mention. A parameter that
/// the body may point at one of its own locals is bound again.
pub(super) fn take_over(bindings: &[Binding]) -> TokenStream {
    let (mentioned, rebound) = (mention(bindings), rebind(bindings));
    hygienic!(#mentioned #rebound)
}

pub(super) fn rebind(bindings: &[Binding]) -> TokenStream {
    bindings.iter().filter_map(bind_again).collect()
}

/// The body, whose temporaries are dropped before the parameters that are bound again: up to
/// Rust 2021, those of a block's tail outlive its locals.
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
