//! The imports of `#[traced]` in a module that has the attribute itself.
//!
//! The expansion of a module removes the attributes of the module's members before rustc resolves them. rustc
//! would then report `use traced::traced;` in the module as unused, although the members need it as soon as the
//! module has no attribute. Therefore the expansion ends with an item whose attribute uses the import. The item
//! expands to nothing.
//!
//! `use super::*;` is still reported if nothing else uses it. The macro cannot know whether the `*` imports
//! `traced`; if it does not, the attribute of the item would be an error.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Attribute, ItemUse, UseTree, Visibility};

use crate::syntax::attributes::conditions;
use crate::syntax::tokens::{is_punct, is_word};

/// The argument of an attribute whose only purpose is to use its import.
const IMPORTED: &str = "__imported";

/// Whether the attribute's only purpose is to use its import. Its item expands to nothing.
pub(crate) fn only_uses_import(args: &TokenStream) -> bool {
    let mut args = args.clone().into_iter();
    let first = args.next();
    first.is_some_and(|first| is_word(&first, IMPORTED)) && args.next().is_none()
}

/// The items that use the imports of `traced` among the members of a module, if `#[traced]` stands in it.
///
/// ```text
/// In:  use traced::traced; #[traced(skip)] fn f() {}
/// Out: #[traced(__imported)] const _: () = ();
/// ```
///
/// Each item has the `#[cfg(..)]` of its import, without which rustc would not find the attribute.
pub(super) fn used_imports<'m>(
    members: impl Iterator<Item = &'m [TokenTree]> + Clone,
) -> TokenStream {
    let imports = members.clone().filter_map(import).filter_map(|import| {
        let name = imported(&import.tree)?.clone();
        Some((conditions(&import.attrs), name))
    });
    let imports: Vec<(Vec<Attribute>, Ident)> = imports.collect();
    if imports.is_empty() || !members.into_iter().any(has_attribute) {
        return TokenStream::new();
    }
    let used = imports.into_iter().map(|(conditions, name)| {
        let imported = Ident::new(IMPORTED, proc_macro2::Span::mixed_site());
        hygienic!(#(#conditions)* #[#name(#imported)] const _: () = ();)
    });
    used.collect()
}

/// The member as a `use` declaration, if it is a private one. `members` ends an item after braces, so the `;`
/// of `use traced::{event, traced};` may be missing.
fn import(member: &[TokenTree]) -> Option<ItemUse> {
    if !member.iter().any(|token| is_word(token, "use")) {
        return None;
    }
    let mut member: TokenStream = member.iter().cloned().collect();
    let is_private = |import: &ItemUse| matches!(import.vis, Visibility::Inherited);
    if let Ok(import) = syn::parse2::<ItemUse>(member.clone()) {
        return Some(import).filter(is_private);
    }
    member.extend(hygienic!(;));
    syn::parse2::<ItemUse>(member).ok().filter(is_private)
}

/// The name `traced` that `use traced::traced;` or `use traced::{event, traced};` imports.
fn imported(tree: &UseTree) -> Option<&Ident> {
    fn leaf(tree: &UseTree) -> Option<&Ident> {
        match tree {
            UseTree::Path(path) => leaf(&path.tree),
            UseTree::Group(group) => group.items.iter().find_map(leaf),
            UseTree::Name(name) => Some(&name.ident).filter(|name| *name == "traced"),
            UseTree::Rename(_) | UseTree::Glob(_) => None,
        }
    }
    // `use traced;` imports a crate.
    match tree {
        UseTree::Path(path) => leaf(&path.tree),
        _ => None,
    }
}

/// Whether `#[traced]` or `#[cfg_attr(.., traced)]` is among the tokens, written without a path.
fn has_attribute(tokens: &[TokenTree]) -> bool {
    let is_ours = |pair: &[TokenTree]| match pair {
        [hash, TokenTree::Group(attribute)] => {
            is_punct(Some(hash), '#')
                && attribute.delimiter() == Delimiter::Bracket
                && names_macro(attribute.stream())
        }
        _ => false,
    };
    tokens.windows(2).any(is_ours)
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => {
                has_attribute(&group.stream().into_iter().collect::<Vec<_>>())
            }
            _ => false,
        })
}

fn names_macro(attribute: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match tokens.as_slice() {
        [name] => is_word(name, "traced"),
        [name, TokenTree::Group(_)] if is_word(name, "traced") => true,
        [name, TokenTree::Group(content)] if is_word(name, "cfg_attr") => {
            let content: Vec<TokenTree> = content.stream().into_iter().collect();
            let mut parts = content.split(|token| is_punct(Some(token), ','));
            parts.any(|part| names_macro(part.iter().cloned().collect()))
        }
        _ => false,
    }
}
