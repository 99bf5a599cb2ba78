//! Spawners that are passed to a method by their path: `units.map(tokio::spawn)`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, parse_quote};

use super::scan::{Call, is_path_separator, qualifier};
use super::{FoundSite, SpawnRewriter};
use crate::spawners::{ByPath, MODULES, OWNERS, OWNERS_OF_CLOSURES, SPAWNERS, Takes};

/// The kind of unit that the spawner takes.
#[derive(Clone, Copy)]
enum Unit {
    Future,
    Closure,
    /// The module may be the user's own, so the type decides.
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

    /// Carries the context into the parameter of the closure. Where the path decides, its type is not looked at,
    /// because rustc may not have inferred it yet. A unit with a span needs the type, for its result.
    fn carry_given(&self, given: &TokenStream, unit: Unit) -> TokenStream {
        let krate = &self.config.krate;
        match (&self.config.span, unit) {
            (None, Unit::Future) => hygienic!(#krate::__private::carry(#given)),
            (None, Unit::Closure) => hygienic!(#krate::__private::carry_fn(#given)),
            _ => {
                let mut given: Expr = parse_quote!(#given);
                self.carry_argument(&mut given, Takes::Anything);
                given.into_token_stream()
            }
        }
    }
}

/// The kind of unit, if the tokens are the path of a spawner and nothing else.
fn unit_of(path: &[TokenTree]) -> Option<Unit> {
    let (TokenTree::Ident(name), before) = path.split_last()? else {
        return None;
    };
    let owner = qualifier(before)?;
    let is = |names: &[&str], word: &Ident| names.iter().any(|known| word == known);
    if !is_path(before) || !is(OWNERS, owner) {
        return None;
    }
    let of_closures = is(OWNERS_OF_CLOSURES, owner);
    let is_module = before.len() == 3 && is(MODULES, owner);
    let spawner = SPAWNERS.iter().find(|spawner| name == spawner.name)?;
    let unit = match spawner.by_path {
        ByPath::Never => return None,
        ByPath::Closure => Unit::Closure,
        ByPath::Future if of_closures => Unit::Closure,
        ByPath::Future => Unit::Future,
    };
    Some(if is_module { Unit::Anything } else { unit })
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
