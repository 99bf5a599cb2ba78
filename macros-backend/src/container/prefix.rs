//! The `Type` in the default span name `Type::method`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Ident, Path, Type, TypeParamBound};

use crate::syntax::tokens::is_word;

/// The type of an `impl`, or the name of a trait; a module has no prefix.
pub(super) fn prefix(head: &[TokenTree]) -> Option<String> {
    implementing_type(head).or_else(|| name_of_trait(head))
}

fn name_of_trait(head: &[TokenTree]) -> Option<String> {
    let place = head.iter().position(|token| is_word(token, "trait"))?;
    match head.get(place + 1)? {
        TokenTree::Ident(name) => Some(name.unraw().to_string()),
        _ => None,
    }
}

fn implementing_type(head: &[TokenTree]) -> Option<String> {
    let header: TokenStream = head.iter().cloned().collect();
    let parser = |input: syn::parse::ParseStream<'_>| input.parse::<syn::ItemImpl>();
    let item = parser.parse2(quote::quote!(#header {})).ok()?;
    type_name(&item.self_ty)
}

/// The name of a type without generic arguments, so that the span name has low cardinality.
fn type_name(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Path(path) => last_name(&path.path)?,
        Type::Reference(reference) => type_name(&reference.elem)?,
        Type::Paren(inner) => type_name(&inner.elem)?,
        Type::Group(inner) => type_name(&inner.elem)?,
        Type::Slice(slice) => format!("[{}]", type_name(&slice.elem)?),
        Type::Array(array) => {
            let length = array.len.to_token_stream();
            format!("[{}; {length}]", type_name(&array.elem)?)
        }
        Type::Tuple(tuple) => {
            let names: Option<Vec<String>> = tuple.elems.iter().map(type_name).collect();
            format!("({})", names?.join(", "))
        }
        Type::TraitObject(object) => {
            let name = object.bounds.iter().find_map(name_of_bound)?;
            format!("dyn {name}")
        }
        _ => return None,
    })
}

fn name_of_bound(bound: &TypeParamBound) -> Option<String> {
    match bound {
        TypeParamBound::Trait(bound) => last_name(&bound.path),
        _ => None,
    }
}

fn last_name(path: &Path) -> Option<String> {
    path.segments
        .last()
        .map(|last| Ident::unraw(&last.ident).to_string())
}
