//! The functions of an `impl`, a trait or a module.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use super::SpawnRewriter;
use super::attributed::{judge, keeps_its_sites};
use crate::conditional;
use crate::container::split_attributes;
use crate::diagnostics::Errors;
use crate::model::SpawnConfig;
use crate::syntax::groups::like;
use crate::syntax::members::{ItemKind, is_qualified, members};
use crate::syntax::tokens::is_punct;

/// Whether the item holds functions, and is here with them: `mod m;` is not.
pub(crate) fn is_container(item: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    matches!(ItemKind::of(&tokens), ItemKind::Container)
}

/// Rewrites the spawn sites in the body of every function of a container.
///
/// A function with a `#[traced_spawn]` of its own, or a `spawn = false`, decides
/// for itself.
pub(crate) fn carry_into_container(
    item: TokenStream,
    units: SpawnConfig,
    errors: &mut Errors,
) -> TokenStream {
    Container { units, errors }.members(item)
}

struct Container<'c> {
    units: SpawnConfig,
    errors: &'c mut Errors,
}

impl Container<'_> {
    fn members(&mut self, content: TokenStream) -> TokenStream {
        members(content)
            .into_iter()
            .flat_map(|member| self.member_either_way(member))
            .collect()
    }

    /// A member that decides for itself under a condition is one of two.
    fn member_either_way(&mut self, member: Vec<TokenTree>) -> Vec<TokenTree> {
        let ways = match decides_for_itself(&member) {
            true => either_way(&member),
            false => None,
        };
        match ways {
            Some(ways) => {
                let each = ways.map(|way| self.member_either_way(way));
                each.into_iter().flatten().collect()
            }
            None => self.member(member),
        }
    }

    fn member(&mut self, mut tokens: Vec<TokenTree>) -> Vec<TokenTree> {
        let kind = ItemKind::of(&tokens);
        let Some(TokenTree::Group(body)) = tokens.last() else {
            return tokens;
        };
        let content = match kind {
            _ if decides_for_itself(&tokens) => return tokens,
            ItemKind::Container => self.members(body.stream()),
            // Our calls are not `const`.
            ItemKind::Function(name) if !is_qualified(&tokens, &["const"]) => {
                self.units.in_function(&name);
                let body = conditional::both_ways(body, &self.units.krate);
                let judged = judge(&body, &self.units, self.errors);
                SpawnRewriter::new(&self.units, &judged.statements).carry_into(judged.body.stream())
            }
            ItemKind::Function(_) | ItemKind::Other => return tokens,
        };
        let body = like(body, content);
        tokens.pop();
        tokens.push(TokenTree::Group(body));
        tokens
    }
}

/// The member as it is where the condition of its attribute holds, and as it is where not.
fn either_way(member: &[TokenTree]) -> Option<[Vec<TokenTree>; 2]> {
    let (attributes, rest) = split_attributes(&member.iter().cloned().collect())?;
    let ways = conditional::either_way(&attributes, |meta| {
        let last = meta.path().segments.last();
        last.is_some_and(|last| last.ident == "traced" || last.ident == "traced_spawn")
    })?;
    Some(ways.map(|way| quote!(#way #rest).into_iter().collect()))
}

/// Whether an attribute of the item says what becomes of its spawn sites.
fn decides_for_itself(item: &[TokenTree]) -> bool {
    item.windows(2).any(|pair| match pair {
        [hash, TokenTree::Group(attribute)] => {
            is_punct(Some(hash), '#')
                && attribute.delimiter() == Delimiter::Bracket
                && keeps_its_sites(attribute)
        }
        _ => false,
    })
}
