//! The expected type of a closure that an `async fn` returns.
//!
//! rustc infers the signature of a closure from the type that is expected of it. The tail of a function has an
//! expected type, the tail of an `async` block has none, and `impl Fn(&str) -> &str` cannot be written as the
//! type of a local. The bound of a function's parameter serves as well, so the body is passed through a
//! function with this bound. That function is an item, which cannot name the generics of the function
//! around it, so each type in the bound becomes a type parameter:
//!
//! ```text
//! In:  async fn f<T>() -> impl Fn(&T) -> Option<&str> + Send { body }
//! Out: fn expected<T0: ?Sized, T1: ?Sized, T2: Fn(&T0) -> Option<&T1>>(value: T2) -> T2 { value }
//!      expected::<T, str, _>({ body })
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{
    GenericArgument, GenericParam, Lifetime, ParenthesizedGenericArguments, PathArguments,
    ReturnType, Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypePath, TypeReference,
};

use super::types::{holds_impl_trait, may_be_generic};

/// The function that the body is passed through, and its type arguments.
pub(crate) struct Expected {
    /// Its type parameters, with their bounds.
    pub(crate) parameters: Vec<TokenStream>,
    /// The type that it takes and returns.
    pub(crate) returned: TokenStream,
    /// Its type arguments.
    pub(crate) arguments: Vec<TokenStream>,
}

impl Expected {
    /// `None` if no closure is returned, or if its bound cannot be written with type parameters.
    pub(super) fn of(returned: &Type) -> Option<Self> {
        let mut parts = Parts {
            parameters: Vec::new(),
            arguments: Vec::new(),
            closures: 0,
            bound: Vec::new(),
        };
        let returned = parts.of_value(returned)?;
        (parts.closures > 0).then_some(Expected {
            parameters: parts.parameters,
            returned,
            arguments: parts.arguments,
        })
    }
}

struct Parts {
    parameters: Vec<TokenStream>,
    arguments: Vec<TokenStream>,
    closures: usize,
    /// The lifetimes that the closure's bound declares: `for<'a>`.
    bound: Vec<Lifetime>,
}

impl Parts {
    fn parameter(&mut self, bound: &TokenStream, argument: TokenStream) -> TokenStream {
        let name = format!("__T{}", self.parameters.len());
        let name = Ident::new(&name, Span::mixed_site());
        self.parameters.push(match bound.is_empty() {
            true => hygienic!(#name),
            false => hygienic!(#name: #bound),
        });
        self.arguments.push(argument);
        name.into_token_stream()
    }

    /// The part of a return type that is outside the bound of a closure.
    fn of_value(&mut self, ty: &Type) -> Option<TokenStream> {
        match ty {
            Type::ImplTrait(opaque) => self.of_opaque(opaque),
            Type::Paren(inner) => self.of_value(&inner.elem),
            Type::Group(inner) => self.of_value(&inner.elem),
            Type::Tuple(tuple) => {
                let each = tuple.elems.iter().map(|each| self.of_value(each));
                let each = each.collect::<Option<Vec<_>>>()?;
                Some(quote!((#(#each,)*)))
            }
            Type::Path(path) if holds_impl_trait(ty) => self.of_path(path, Self::of_value),
            whole => Some(self.parameter(&hygienic!(), whole.to_token_stream())),
        }
    }

    fn of_opaque(&mut self, opaque: &TypeImplTrait) -> Option<TokenStream> {
        let closure = opaque.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                let last = bound.path.segments.last()?;
                match &last.arguments {
                    PathArguments::Parenthesized(arguments) => Some((bound, arguments)),
                    _ => None,
                }
            }
            _ => None,
        });
        let Some((bound, arguments)) = closure else {
            return Some(self.parameter(&hygienic!(), hygienic!(_)));
        };
        self.closures += 1;
        self.bound = bound
            .lifetimes
            .iter()
            .flat_map(|bound| &bound.lifetimes)
            .filter_map(|parameter| match parameter {
                GenericParam::Lifetime(parameter) => Some(parameter.lifetime.clone()),
                _ => None,
            })
            .collect();
        let inputs = arguments
            .inputs
            .iter()
            .map(|input| self.of_part(&input.ty, false));
        let inputs = inputs.collect::<Option<Vec<_>>>()?;
        let output = match &arguments.output {
            ReturnType::Default => None,
            ReturnType::Type(arrow, output) => {
                let output = self.of_part(output, false)?;
                Some(quote!(#arrow #output))
            }
        };
        let lifetimes = &bound.lifetimes;
        let mut path = bound.path.clone();
        path.segments.last_mut()?.arguments = PathArguments::None;
        let bound_of_closure = quote!(#lifetimes #path (#(#inputs),*) #output);
        Some(self.parameter(&bound_of_closure, hygienic!(_)))
    }

    /// A type in the arguments or the result of a closure.
    fn of_part(&mut self, ty: &Type, may_be_unsized: bool) -> Option<TokenStream> {
        match ty {
            whole if !self.has_lifetimes(whole) => {
                let bound = may_be_unsized.then(|| hygienic!(?Sized));
                Some(self.parameter(&bound.unwrap_or_default(), whole.to_token_stream()))
            }
            Type::Paren(inner) => self.of_part(&inner.elem, may_be_unsized),
            Type::Group(inner) => self.of_part(&inner.elem, may_be_unsized),
            Type::Reference(reference) if !self.is_outer(reference.lifetime.as_ref()) => {
                let TypeReference {
                    and_token,
                    lifetime,
                    mutability,
                    elem,
                    ..
                } = reference;
                let elem = self.of_part(elem, true)?;
                Some(quote!(#and_token #lifetime #mutability #elem))
            }
            Type::Slice(slice) => {
                let elem = self.of_part(&slice.elem, false)?;
                Some(quote!([#elem]))
            }
            Type::Tuple(tuple) => {
                let each = tuple.elems.iter().map(|each| self.of_part(each, false));
                let each = each.collect::<Option<Vec<_>>>()?;
                Some(quote!((#(#each,)*)))
            }
            // Other types may have bounds on their arguments, which are not known here.
            Type::Path(path) if has_unbounded_parameters(path) => {
                self.of_path(path, |parts, argument| parts.of_part(argument, false))
            }
            other if self.names_outer_generics(other) => None,
            other => Some(other.to_token_stream()),
        }
    }

    fn of_path(
        &mut self,
        path: &TypePath,
        mut of_argument: impl FnMut(&mut Self, &Type) -> Option<TokenStream>,
    ) -> Option<TokenStream> {
        let mut path = path.clone();
        if let PathArguments::AngleBracketed(list) = &mut path.path.segments.last_mut()?.arguments {
            for argument in &mut list.args {
                if let GenericArgument::Type(ty) = argument {
                    *ty = Type::Verbatim(of_argument(self, ty)?);
                }
            }
        }
        Some(path.into_token_stream())
    }
}

/// Whether the generic type has no bound on its arguments.
fn has_unbounded_parameters(path: &TypePath) -> bool {
    let last = path.path.segments.last();
    last.is_some_and(|last| {
        ["Option", "Result", "Vec"]
            .iter()
            .any(|name| last.ident == name)
    })
}

impl Parts {
    fn is_outer(&self, lifetime: Option<&Lifetime>) -> bool {
        lifetime.is_some_and(|lifetime| {
            !["static", "_"].iter().any(|name| lifetime.ident == name)
                && !self.bound.contains(lifetime)
        })
    }

    /// Whether the type has a lifetime that may differ between calls of the closure.
    fn has_lifetimes(&self, ty: &Type) -> bool {
        self.lifetimes_of(ty).of_each_call
    }

    /// Whether the type may mention a generic of the annotated function, which an item in it cannot name.
    fn names_outer_generics(&self, ty: &Type) -> bool {
        self.lifetimes_of(ty).outer || may_be_generic(Some(ty))
    }

    fn lifetimes_of(&self, ty: &Type) -> Lifetimes<'_> {
        let mut lifetimes = Lifetimes {
            parts: self,
            of_each_call: false,
            outer: false,
        };
        lifetimes.visit_type(ty);
        lifetimes
    }
}

struct Lifetimes<'p> {
    parts: &'p Parts,
    of_each_call: bool,
    outer: bool,
}

impl Visit<'_> for Lifetimes<'_> {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.of_each_call |= reference.lifetime.is_none();
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        match self.parts.is_outer(Some(lifetime)) {
            true => self.outer = true,
            false => self.of_each_call |= lifetime.ident != "static",
        }
    }

    // Function pointers and closures declare lifetimes of their own.
    fn visit_type_fn_ptr(&mut self, _: &TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(&mut self, _: &ParenthesizedGenericArguments) {}
}
