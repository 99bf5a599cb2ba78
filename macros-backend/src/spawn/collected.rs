//! A `JoinSet` that is made from an iterator of futures, each of which it spawns.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, parse_quote};

use super::scan::{Call, end_in_dot, is_behind};
use super::{FoundSite, SpawnRewriter};
use crate::spawners::Takes;
use crate::syntax::tokens::names_in;

impl SpawnRewriter<'_> {
    /// Writes a call that makes a `JoinSet`, if its type is written at the call. Returns whether it is such a call.
    ///
    /// ```text
    /// In:  units.collect::<JoinSet<_>>()
    /// Out: units.map(::traced::__private::carry).collect::<JoinSet<_>>()
    ///
    /// In:  JoinSet::from_iter(units)
    /// Out: JoinSet::from_iter(units.into_iter().map(::traced::__private::carry))
    /// ```
    pub(super) fn carry_into_collected(
        &self,
        call: &Call<'_>,
        written: &mut Vec<TokenTree>,
    ) -> bool {
        let is_collected = call.name == "collect"
            && end_in_dot(written)
            && names_in(call.turbofish()).contains("JoinSet");
        let is_made = call.name == "from_iter" && is_behind(written, &["JoinSet"]);
        if !(is_collected || is_made) {
            return false;
        }
        self.add_found(FoundSite::collected(call));
        let carried = self.carry_each();
        let inner = self.carry_into(call.arguments.stream());
        if is_collected {
            written.extend(hygienic!(map(#carried).));
            written.extend(call.with(call.turbofish(), inner));
        } else {
            let units = hygienic! {
                ::core::iter::Iterator::map(
                    ::core::iter::IntoIterator::into_iter(#inner),
                    #carried,
                )
            };
            written.extend(call.with(call.turbofish(), units));
        }
        true
    }

    /// The function that carries the context into each future.
    fn carry_each(&self) -> TokenStream {
        let krate = &self.config.krate;
        if self.config.span.is_none() {
            return hygienic!(#krate::__private::carry);
        }
        let given = hygienic!(__unit);
        let mut unit: Expr = parse_quote!(#given);
        self.carry_argument(&mut unit, Takes::Anything);
        let unit = unit.to_token_stream();
        hygienic!(|#given| #unit)
    }
}
