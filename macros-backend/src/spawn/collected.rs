//! A `JoinSet` that is made from an iterator of futures, each of which it spawns.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, parse_quote};

use super::scan::{Call, end_in_dot, is_behind_type, is_type, start_of_operand};
use super::unit::Unit;
use super::{FoundSite, SpawnRewriter};
use crate::spawners::Takes;
use crate::syntax::tokens::{is_punct, names_in};

const JOIN_SET: &str = "JoinSet";

impl SpawnRewriter<'_> {
    /// Writes a call that makes a `JoinSet`, if its type is written at the call, or at the variable that gets it.
    /// Returns whether it is such a call.
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
        after: Option<&TokenTree>,
        written: &mut Vec<TokenTree>,
    ) -> bool {
        let is_collected = call.name == "collect"
            && end_in_dot(written)
            && match call.turbofish().is_empty() {
                true => is_punct(after, ';') && initializes_join_set(written),
                false => names_in(call.turbofish()).contains(JOIN_SET),
            };
        let is_made = call.name == "from_iter" && is_behind_type(written, JOIN_SET);
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
        self.carry_argument(&mut unit, Takes::Anything, Unit::Anything);
        let unit = unit.to_token_stream();
        hygienic!(|#given| #unit)
    }
}

/// Whether the tokens are `let set: JoinSet<..> = units.`, perhaps after other statements: what the method that
/// follows returns is the value of the variable.
fn initializes_join_set(tokens: &[TokenTree]) -> bool {
    let Some((_dot, initializer)) = tokens.split_last() else {
        return false;
    };
    let start = start_of_operand(initializer).unwrap_or_default();
    let Some((equals, before)) = initializer[..start].split_last() else {
        return false;
    };
    let is_let = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "let");
    let Some(start) = before.iter().rposition(is_let) else {
        return false;
    };
    let is_colon = |token: &TokenTree| is_punct(Some(token), ':');
    let declared = &before[start..];
    let Some(colon) = declared.iter().position(is_colon) else {
        return false;
    };
    is_punct(Some(equals), '=') && is_type(&declared[colon + 1..], JOIN_SET)
}
