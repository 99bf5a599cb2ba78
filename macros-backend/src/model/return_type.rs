//! What a return type says of the value: a future, a stream, a `Result`, something opaque.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Path, PathArguments, Type, TypeParamBound};

use super::types::{holds_impl_trait, says_nothing};
use crate::syntax::tokens::{bare, names_in, walk};

/// `impl Trait` may not be written in a body; `_` there means the same type.
pub(super) fn without_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> _))
}

/// For a value that has the other variant, any type does.
pub(super) fn with_unit_for_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> ()))
}

fn replace_impl_trait(mut returned: Type, with: fn(Span) -> Type) -> Type {
    struct Replace(fn(Span) -> Type);

    impl VisitMut for Replace {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = self.0(ty.span());
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }

    Replace(with).visit_type_mut(&mut returned);
    returned
}

/// Whether the type is hidden, and is not the content of a `Result`: such a
/// value is no error, and a closure that is returned needs the expected type
/// that only the function's own tail has.
pub(super) fn is_opaque(returned: &Type) -> bool {
    match bare(returned) {
        Type::ImplTrait(_) => true,
        Type::Tuple(tuple) => tuple.elems.iter().any(is_opaque),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            !last.ident.to_string().ends_with("Result")
                && type_arguments(&last.arguments).any(is_opaque)
        }
        _ => false,
    }
}

/// Whether a closure in the body is typed by what the function says that it
/// returns: `Result<impl Fn(&str) -> &str, E>` as `Result<_, E>` says too little.
pub(super) fn needs_expected_type(returned: &Type) -> bool {
    let mut found = false;
    walk(returned.to_token_stream(), &mut |token, _| {
        let TokenTree::Ident(word) = token else {
            return;
        };
        found |= ["Fn", "FnMut", "FnOnce"].iter().any(|name| word == name);
    });
    found && holds_impl_trait(returned)
}

/// Types that are certainly no `Result`. A future is none either, but has an output.
pub(super) fn is_no_result(returned: &Type) -> bool {
    match bare(returned) {
        Type::Reference(_) | Type::Tuple(_) => true,
        Type::ImplTrait(_) => {
            returned_future(returned).is_none() && returned_stream(returned).is_none()
        }
        returned if is_named(returned, "Option") => true,
        returned => says_nothing(returned),
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(bare(ty), Type::Path(path) if is_last(&path.path, name))
}

pub(super) fn mentions(ty: &Type, name: &str) -> bool {
    names_in(ty.to_token_stream()).contains(name)
}

const FUTURES: &[&str] = &["Future", "FusedFuture", "TryFuture"];
const STREAMS: &[&str] = &["Stream", "FusedStream", "TryStream"];

/// Whether an `impl Future` or an `impl Stream` is to have a trait that a wrapper around it has
/// not: then it cannot be wrapped. A wrapper has the traits of futures and streams, and the auto
/// traits; it is never `Clone`, as two futures would end one span.
///
/// The names of the others are unknown here, but for a convention: what ends in `Send` or `Sync`
/// (`MaybeSend`) is there for every type with that auto trait.
pub(super) fn promises_more(returned: &Type) -> bool {
    const PASSED_ON: &[&str] = &["Unpin", "UnwindSafe", "RefUnwindSafe", "Sized"];

    match bare(returned) {
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
                let name = &*last.ident.to_string();
                let is_marker = name.ends_with("Send") || name.ends_with("Sync");
                !(is_marker
                    || [FUTURES, STREAMS, PASSED_ON]
                        .iter()
                        .any(|known| known.contains(&name)))
            }),
            _ => false,
        }),
        _ => false,
    }
}

/// Whether a future is returned, and if so whether in a box, and its output.
pub(super) fn returned_future(returned: &Type) -> Option<(bool, Option<Type>)> {
    match bare(returned) {
        Type::ImplTrait(opaque) => Some((false, output_of(opaque.bounds.iter())?)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let mut arguments = type_arguments(&last.arguments);
            match last.ident.to_string().as_str() {
                "BoxFuture" | "LocalBoxFuture" => Some((true, output_of_alias(&last.arguments))),
                "Pin" => Some((true, arguments.find_map(output_in_box)?)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a stream is returned, and if so whether in a box, and its item.
pub(super) fn returned_stream(returned: &Type) -> Option<(bool, Option<Type>)> {
    match bare(returned) {
        Type::ImplTrait(opaque) => Some((false, item_of(opaque.bounds.iter())?)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match last.ident.to_string().as_str() {
                "BoxStream" | "LocalBoxStream" => Some((true, output_of_alias(&last.arguments))),
                "Pin" => Some((true, type_arguments(&last.arguments).find_map(item_in_box)?)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `Box<dyn Stream<Item = T>>`: `Some(Some(T))`.
fn item_in_box(ty: &Type) -> Option<Option<Type>> {
    in_box(ty, STREAMS, "Item")
}

fn is_last(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

/// `Box<dyn Future<Output = T>>`: `Some(Some(T))`.
fn output_in_box(ty: &Type) -> Option<Option<Type>> {
    in_box(ty, FUTURES, "Output")
}

/// What a trait object in a box, which has one of these traits, says of the associated type.
fn in_box(ty: &Type, traits: &[&str], name: &str) -> Option<Option<Type>> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last();
    let boxed = last.filter(|last| last.ident == "Box")?;
    type_arguments(&boxed.arguments).find_map(|content| match bare(content) {
        Type::TraitObject(object) => associated(object.bounds.iter(), traits, name),
        // Up to edition 2018, `dyn` could be left out.
        Type::Path(object) => associated_of_path(&object.path, traits, name),
        _ => None,
    })
}

/// The alias of the `futures` crate has a lifetime and the output; with any
/// other arguments it is somebody else's, and may hide anything.
fn output_of_alias(arguments: &PathArguments) -> Option<Type> {
    let PathArguments::AngleBracketed(list) = arguments else {
        return None;
    };
    match (list.args.first(), list.args.len()) {
        (Some(GenericArgument::Lifetime(_)), 2) => type_arguments(arguments).next().cloned(),
        _ => None,
    }
}

/// `Future<Output = T>` among bounds: `Some(Some(T))`.
fn output_of<'b>(bounds: impl Iterator<Item = &'b TypeParamBound>) -> Option<Option<Type>> {
    associated(bounds, FUTURES, "Output")
}

/// `Stream<Item = T>` among bounds: `Some(Some(T))`.
fn item_of<'b>(bounds: impl Iterator<Item = &'b TypeParamBound>) -> Option<Option<Type>> {
    associated(bounds, STREAMS, "Item")
}

/// Whether one of the traits is among the bounds, and the type that one of them is given.
fn associated<'b>(
    bounds: impl Iterator<Item = &'b TypeParamBound>,
    traits: &[&str],
    name: &str,
) -> Option<Option<Type>> {
    let mut found = None;
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        if let Some(of_this) = associated_of_path(&bound.path, traits, name) {
            found = Some(found.flatten().or(of_this));
        }
    }
    found
}

/// The same of one trait: `Some(Some(T))` for `Future<Output = T>`.
fn associated_of_path(path: &Path, traits: &[&str], name: &str) -> Option<Option<Type>> {
    let last = path.segments.last()?;
    if !traits.iter().any(|known| last.ident == known) {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(None);
    };
    Some(arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(given) if given.ident == name => Some(given.ty.clone()),
        _ => None,
    }))
}

fn type_arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}
