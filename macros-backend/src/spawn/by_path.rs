//! Spawners that are passed to a method by their path: `units.map(tokio::spawn)`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, parse_quote};

use super::found::names_before;
use super::scan::{Call, is_path_separator};
use super::{FoundSite, SpawnRewriter};
use crate::spawners::{ByPath, CRATES, OWNERS, OWNERS_OF_CLOSURES, SPAWNERS, Spawner, Takes};

/// The kind of unit that a spawner takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Future,
    Closure,
    /// The spawner may be the user's own, so the type decides.
    Anything,
}

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

/// The kind of unit of a spawner, if the tokens before its name end in one of its owners and `::`.
pub(super) fn unit_behind(before: &[TokenTree], spawner: &Spawner) -> Option<Unit> {
    let path = names_before(before);
    let is = |names: &[&str], word: &str| names.contains(&word);
    let (first, owner) = (path.first()?, path.last()?);
    if !is(OWNERS, owner) {
        return None;
    }
    let unit = match spawner.by_path {
        ByPath::Never => return None,
        ByPath::Closure => Unit::Closure,
        ByPath::Future if is(OWNERS_OF_CLOSURES, owner) => Unit::Closure,
        ByPath::Future => Unit::Future,
    };
    Some(match is(CRATES, first) {
        true => unit,
        false => Unit::Anything,
    })
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
