//! Parallel iterators. The context is carried into the call that makes one, so that all calls that are
//! chained to it run in the context.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::scan::{Call, end_in_dot, end_in_type, is_behind, start_of_operand};
use super::{FoundSite, SpawnRewriter};
use crate::spawners::{PARALLEL, PARALLEL_TRAITS, PULLING};
use crate::syntax::tokens::is_punct;

impl SpawnRewriter<'_> {
    /// Writes a call that makes a parallel iterator or takes one. Returns whether it is such a call.
    pub(super) fn carry_into_parallel(
        &self,
        call: &Call<'_>,
        next: Option<&TokenTree>,
        written: &mut Vec<TokenTree>,
    ) -> bool {
        let takes = is_behind(written, PARALLEL_TRAITS);
        let is_chained = is_punct(next, '.');
        let makes = is_chained && makes_parallel(call, written);
        if !(takes || makes) {
            return false;
        }
        if !is_named(call, PULLING) {
            self.add_found(FoundSite::parallel(call, written));
        }
        let inner = self.carry_into(call.arguments.stream());
        let arguments = match takes {
            true => self.carry_into_receiver(inner),
            false => inner,
        };
        written.extend(call.with(call.turbofish(), arguments));
        if is_chained {
            self.carry_parallel(written);
        }
        true
    }

    /// ```text
    /// In:  ids.par_iter()
    /// Out: ::traced::__private::carry_parallel!(ids.par_iter())
    /// ```
    fn carry_parallel(&self, written: &mut Vec<TokenTree>) {
        let Some(start) = start_of_operand(written) else {
            return;
        };
        let iterator = written.drain(start..).collect();
        written.extend(self.around("carry_parallel", iterator, TokenStream::new()));
    }

    /// ```text
    /// In:  ParallelIterator::for_each(ids.par_iter(), work)
    /// Out: ParallelIterator::for_each(carry_parallel!(ids.par_iter()), work)
    /// ```
    fn carry_into_receiver(&self, arguments: TokenStream) -> TokenStream {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(mut parsed) = parser.parse2(arguments.clone()) else {
            return arguments;
        };
        if let Some(receiver) = parsed.first_mut() {
            *receiver = Expr::Verbatim(self.around(
                "carry_parallel",
                receiver.to_token_stream(),
                TokenStream::new(),
            ));
        }
        parsed.into_token_stream()
    }
}

fn is_named(call: &Call<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| call.name == name)
}

fn makes_parallel(call: &Call<'_>, before: &[TokenTree]) -> bool {
    match () {
        () if end_in_dot(before) => {
            is_named(call, PARALLEL) || (is_named(call, PULLING) && is_parallel_chain(before))
        }
        () if end_in_type(before) => is_named(call, PARALLEL),
        () => is_behind_rayon_iter(before),
    }
}

/// `rayon::iter::repeat_n(..)`, `rayon::iter::once(..)`.
fn is_behind_rayon_iter(before: &[TokenTree]) -> bool {
    let rest = before.len().saturating_sub(3);
    is_behind(before, &["iter"]) && is_behind(&before[..rest], &["rayon"])
}

/// Whether the tokens end in a chain of methods that carries the context already.
fn is_parallel_chain(written: &[TokenTree]) -> bool {
    let Some((_, chain)) = written.split_last() else {
        return false;
    };
    let Some(start) = start_of_operand(chain) else {
        return false;
    };
    let is_carried =
        |token: &TokenTree| matches!(token, TokenTree::Ident(name) if name == "carry_parallel");
    chain[start..].iter().any(is_carried)
}
