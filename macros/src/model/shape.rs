//! How the body of a function is wrapped: decided by what it returns.

use proc_macro2::{Span as Place, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound};

use crate::item::Head;
use crate::tokens::walk;

/// How the body is wrapped.
pub(crate) enum Shape {
    /// In a closure of this return type, whose result is observed.
    Closure(Type),
    /// As it is, beside a guard: for bodies that no closure can hold, and whose
    /// value is no error.
    Guarded,
    /// As it is, with its exits observed: the same, when it may be an error.
    Observed(Box<Exit>),
    /// An `async fn` with this output.
    Async(Type),
    /// An `async fn` that never returns.
    AsyncNever,
    /// A function that returns a future.
    Future { boxed: bool, returned: Type },
}

/// The type of what leaves a function whose exits are observed.
pub(crate) struct Exit {
    /// With `_` for what is opaque in it.
    pub(crate) returned: Type,
    /// With `()` for it: the type of an `Err`, whose other side is open.
    pub(crate) failed: Type,
}

impl Shape {
    pub(super) fn of(head: &Head) -> Self {
        let signature = &head.signature;
        let returned = match &signature.output {
            // At the function's name, but not as if the user had written it.
            ReturnType::Default => {
                let place = signature.ident.span().resolved_at(Place::mixed_site());
                syn::parse_quote_spanned!(place=> ())
            }
            ReturnType::Type(_, returned) => (**returned).clone(),
        };
        let never = matches!(returned, Type::Never(_));
        if signature.asyncness.is_some() {
            return match never {
                true => Shape::AsyncNever,
                false => Shape::Async(without_impl_trait(returned)),
            };
        }
        if let Some(boxed) = returned_future(&returned) {
            return Shape::Future {
                boxed,
                returned: without_impl_trait(returned),
            };
        }
        if never || is_opaque(&returned) {
            return Shape::Guarded;
        }
        if is_track_caller(head) || needs_expected_type(&returned) {
            return Shape::Observed(Box::new(Exit {
                failed: with_unit_for_impl_trait(returned.clone()),
                returned: without_impl_trait(returned),
            }));
        }
        Shape::Closure(without_impl_trait(returned))
    }
}

/// `impl Trait` may not be written in a body; `_` there means the same type.
fn without_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> _))
}

/// For a value that has the other variant, any type does.
fn with_unit_for_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> ()))
}

fn replace_impl_trait(mut returned: Type, with: fn(Place) -> Type) -> Type {
    struct Replace(fn(Place) -> Type);

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
fn is_opaque(returned: &Type) -> bool {
    match returned {
        Type::ImplTrait(_) => true,
        Type::Paren(inner) => is_opaque(&inner.elem),
        Type::Group(inner) => is_opaque(&inner.elem),
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
fn needs_expected_type(returned: &Type) -> bool {
    let mut found = false;
    walk(returned.to_token_stream(), &mut |token, _| {
        let TokenTree::Ident(word) = token else {
            return;
        };
        found |= ["Fn", "FnMut", "FnOnce"].iter().any(|name| word == name);
    });
    found
        && returned.to_token_stream().to_string()
            != without_impl_trait(returned.clone())
                .to_token_stream()
                .to_string()
}

/// In a closure, `Location::caller()` would be a line of ours.
fn is_track_caller(head: &Head) -> bool {
    head.attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("track_caller"))
}

/// Whether a future is returned, and if so whether in a box.
fn returned_future(returned: &Type) -> Option<bool> {
    match returned {
        Type::Group(inner) => returned_future(&inner.elem),
        Type::Paren(inner) => returned_future(&inner.elem),
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(is_future_bound).then_some(false),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match last.ident.to_string().as_str() {
                "BoxFuture" | "LocalBoxFuture" => Some(true),
                "Pin" => type_arguments(&last.arguments)
                    .any(is_boxed_future)
                    .then_some(true),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_boxed_future(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    last.ident == "Box"
        && type_arguments(&last.arguments).any(|content| match content {
            Type::TraitObject(object) => object.bounds.iter().any(is_future_bound),
            _ => false,
        })
}

fn is_future_bound(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Future"),
        _ => false,
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
