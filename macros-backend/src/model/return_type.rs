//! Classifies return types: a future, a stream, a `Result`, an opaque type.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Path, PathArguments, Type, TypeParamBound};

use super::types::{cannot_fail, holds_impl_trait};
use crate::syntax::expressions::is_one_of;
use crate::syntax::tokens::{bare, names_in, walk};

/// The type with `_` in place of each `impl Trait`, which may not be written in a body.
pub(super) fn without_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> _))
}

/// The type with `()` in place of each `impl Trait`, for an `Err(..)` whose success type is opaque.
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

/// Whether the type is opaque outside a `Result`. Then the value is no error, and the body stays in place: a
/// closure that is returned as `impl Fn` needs the expected type that only the tail of the function has.
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

/// Whether a returned closure takes its type from the return type: `Result<impl Fn(&str) -> &str, E>`
/// written as `Result<_, E>` would not tell rustc the signature of the closure.
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

/// Whether the type is certainly no `Result`. A future or a stream may give one.
pub(super) fn is_no_result(returned: &Type) -> bool {
    match bare(returned) {
        Type::Reference(_) | Type::Tuple(_) => true,
        Type::ImplTrait(_) => {
            returned_future(returned).is_none() && returned_stream(returned).is_none()
        }
        returned if is_named(returned, "Option") => true,
        returned => cannot_fail(returned),
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(bare(ty), Type::Path(path) if is_one_of(&path.path, &[name]))
}

pub(super) fn mentions(ty: &Type, name: &str) -> bool {
    names_in(ty.to_token_stream()).contains(name)
}

/// How the types of futures, or those of streams, are recognised.
struct Family {
    traits: &'static [&'static str],
    /// The associated type that is observed.
    associated: &'static str,
    /// The aliases of the crate `futures` for a boxed one.
    boxed: &'static [&'static str],
}

const FUTURES: Family = Family {
    traits: &["Future", "FusedFuture", "TryFuture"],
    associated: "Output",
    boxed: &["BoxFuture", "LocalBoxFuture"],
};

const STREAMS: Family = Family {
    traits: &["Stream", "FusedStream", "TryStream"],
    associated: "Item",
    boxed: &["BoxStream", "LocalBoxStream"],
};

/// Whether the bounds of an `impl Future` or an `impl Stream` have a trait that our wrapper does not
/// implement, so that it cannot be wrapped. The wrapper implements the traits of futures and streams,
/// and the auto traits. It is not `Clone`, because two futures would end one span.
///
/// A trait whose name ends in `Send` or `Sync` (`MaybeSend`) is taken for an alias of the auto trait.
pub(super) fn has_unsupported_bound(returned: &Type) -> bool {
    const PASSED_ON: &[&str] = &["Unpin", "UnwindSafe", "RefUnwindSafe", "Sized"];

    match bare(returned) {
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
                let name = &*last.ident.to_string();
                let is_marker = name.ends_with("Send") || name.ends_with("Sync");
                !(is_marker
                    || [FUTURES.traits, STREAMS.traits, PASSED_ON]
                        .iter()
                        .any(|known| known.contains(&name)))
            }),
            _ => false,
        }),
        _ => false,
    }
}

/// For a future: whether it is boxed, and its output if the type shows it.
pub(super) fn returned_future(returned: &Type) -> Option<(bool, Option<Type>)> {
    FUTURES.in_type(returned)
}

/// For a stream: whether it is boxed, and its item if the type shows it.
pub(super) fn returned_stream(returned: &Type) -> Option<(bool, Option<Type>)> {
    STREAMS.in_type(returned)
}

impl Family {
    fn in_type(&self, returned: &Type) -> Option<(bool, Option<Type>)> {
        match bare(returned) {
            Type::ImplTrait(opaque) => Some((false, self.in_bounds(&opaque.bounds)?)),
            Type::Path(path) => {
                let arguments = &path.path.segments.last()?.arguments;
                if is_one_of(&path.path, self.boxed) {
                    return Some((true, output_of_alias(arguments)));
                }
                let is_pin = is_one_of(&path.path, &["Pin"]);
                let mut pinned = type_arguments(arguments).filter(|_| is_pin);
                Some((true, pinned.find_map(|content| self.in_box(content))?))
            }
            _ => None,
        }
    }

    /// `Box<dyn Future<Output = T>>`: `Some(Some(T))`.
    fn in_box(&self, ty: &Type) -> Option<Option<Type>> {
        let Type::Path(path) = bare(ty) else {
            return None;
        };
        let last = path.path.segments.last();
        let boxed = last.filter(|last| last.ident == "Box")?;
        type_arguments(&boxed.arguments).find_map(|content| match bare(content) {
            Type::TraitObject(object) => self.in_bounds(&object.bounds),
            // Up to edition 2018, `dyn` could be left out.
            Type::Path(object) => self.in_path(&object.path),
            _ => None,
        })
    }

    /// `None` if none of the traits is among the bounds; `Some(None)` if the associated type is not given.
    fn in_bounds<'b>(
        &self,
        bounds: impl IntoIterator<Item = &'b TypeParamBound>,
    ) -> Option<Option<Type>> {
        let mut found = None;
        for bound in bounds {
            let TypeParamBound::Trait(bound) = bound else {
                continue;
            };
            if let Some(of_this) = self.in_path(&bound.path) {
                found = Some(found.flatten().or(of_this));
            }
        }
        found
    }

    /// The same for one path: `Some(Some(T))` for `Future<Output = T>`.
    fn in_path(&self, path: &Path) -> Option<Option<Type>> {
        let last = path
            .segments
            .last()
            .filter(|_| is_one_of(path, self.traits))?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return Some(None);
        };
        Some(arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(given) if given.ident == self.associated => {
                Some(given.ty.clone())
            }
            _ => None,
        }))
    }
}

/// The output of a `BoxFuture<'a, T>`. With other generic arguments it is not the alias of the crate
/// `futures`, and its output is not known.
fn output_of_alias(arguments: &PathArguments) -> Option<Type> {
    let PathArguments::AngleBracketed(list) = arguments else {
        return None;
    };
    match (list.args.first(), list.args.len()) {
        (Some(GenericArgument::Lifetime(_)), 2) => type_arguments(arguments).next().cloned(),
        _ => None,
    }
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
