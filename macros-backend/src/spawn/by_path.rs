//! Spawners that are passed to a method by their path: `units.map(tokio::spawn)`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, parse_quote};

use super::scan::{Call, is_path_separator};
use super::unit::{Unit, unit_behind};
use super::{FoundSite, SpawnRewriter};
use crate::spawners::{SPAWNERS, Takes};

impl SpawnRewriter<'_> {
    /// Rewrites a method call whose only argument is the path of a spawner.
    ///
    /// ```text
    /// In:  units.map(tokio::spawn)
    /// Out: units.map(|__unit| tokio::spawn(::traced::__private::carry(__unit)))
    /// ```
    pub(super) fn carry_into_path(&self, call: &Call<'_>) -> Option<TokenStream> {
        let path: Vec<TokenTree> = call.arguments.stream().into_iter().collect();
        let unit = unit_of(&path)?;
        self.add_found(FoundSite::by_path(&path)?);
        let place = path.last()?.span();
        let given = hygienic_at!(place=> __unit);
        let carried = self.carry_given(&given, unit);
        let arguments = hygienic_at!(place=> (#carried));
        let spawned = self.around("allowed", quote!(#(#path)* #arguments), TokenStream::new());
        let closure = hygienic_at!(place=> |#given| #spawned);
        Some(call.with(call.turbofish(), closure))
    }

    fn carry_given(&self, given: &TokenStream, unit: Unit) -> TokenStream {
        let mut given: Expr = parse_quote!(#given);
        self.carry_argument(&mut given, Takes::Anything, unit);
        given.into_token_stream()
    }
}

/// The kind of unit, if the tokens are the path of a spawner and nothing else.
fn unit_of(path: &[TokenTree]) -> Option<Unit> {
    let (TokenTree::Ident(name), before) = path.split_last()? else {
        return None;
    };
    let spawner = SPAWNERS.iter().find(|spawner| name == spawner.name)?;
    unit_behind(before, spawner).filter(|_| is_path(before))
}

/// Whether the tokens are names with `::` between and after them.
fn is_path(tokens: &[TokenTree]) -> bool {
    match tokens {
        [] => true,
        [rest @ .., first, second] if is_path_separator(first, second) => {
            matches!(rest, [] | [.., TokenTree::Ident(_)])
                && is_path(&rest[..rest.len().saturating_sub(1)])
        }
        _ => false,
    }
}
