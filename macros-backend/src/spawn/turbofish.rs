//! The turbofish of a call. Carrying the context changes the types of the units.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::Parser;
use syn::{AngleBracketedGenericArguments, Expr, GenericArgument, Type};

use super::expression::literal;

/// `::<F, T>` → `::<_, T>`: all spawners declare the types of their units first.
///
/// `None` if the function may be no spawner, as in `supervisor.spawn::<Worker>(settings)`. Its types may be those
/// of something else, which rustc could not infer.
pub(super) fn without_units<'u>(
    turbofish: TokenStream,
    units: impl Iterator<Item = &'u Expr>,
    is_spawner: bool,
) -> Option<TokenStream> {
    let parser = AngleBracketedGenericArguments::parse_turbofish;
    let Ok(mut generics) = parser.parse2(turbofish.clone()) else {
        return Some(turbofish);
    };
    let types = generics
        .args
        .iter_mut()
        .filter_map(|generic| match generic {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        });
    for (ty, unit) in types.zip(units) {
        match ty {
            Type::Infer(_) => {}
            _ if !may_be_of(ty, unit) => {}
            _ if is_spawner => *ty = Type::Verbatim(hygienic!(_)),
            _ => return None,
        }
    }
    Some(generics.into_token_stream())
}

/// Whether the type may be the type of the unit. An `async` block or a closure has no type that can be
/// written, except that a closure may be coerced to a function pointer.
fn may_be_of(ty: &Type, unit: &Expr) -> bool {
    matches!(ty, Type::FnPtr(_)) || literal(unit).is_none()
}
