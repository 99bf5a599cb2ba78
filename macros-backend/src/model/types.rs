//! Predicates on types, which see only their tokens.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Type, TypeImplTrait};

use crate::syntax::tokens::{bare, names_in, walk};

/// The primitive types.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// Whether the type is primitive, a `String` or an array of these. Such a value borrows nothing.
pub(super) fn is_plain(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => path.path.get_ident().is_some_and(|name| {
            let name = name.to_string();
            PRIMITIVES.contains(&&*name) || name == "String"
        }),
        Type::Array(array) => is_plain(&array.elem),
        _ => false,
    }
}

/// Whether the type shows that a value may borrow.
pub(super) fn may_borrow(ty: &Type) -> bool {
    let mut may_borrow = false;
    walk(ty.to_token_stream(), &mut |token, _| {
        may_borrow |=
            matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), '&' | '\''));
    });
    may_borrow
}

/// Whether the drop of a value of this type may be observable. The drop of a reference or of a plain
/// type is not.
pub(super) fn may_drop(ty: &Type) -> bool {
    match bare(ty) {
        Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => false,
        Type::Array(array) => may_drop(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(may_drop),
        plain => !is_plain(plain),
    }
}

pub(crate) fn holds_impl_trait(ty: &Type) -> bool {
    struct Found(bool);

    impl Visit<'_> for Found {
        fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
            self.0 = true;
        }
    }

    let mut found = Found(false);
    found.visit_type(ty);
    found.0
}

/// Whether the output of a boxed future may be a type parameter of the function, or of the `impl` around it,
/// which the macro does not see.
///
/// Boxing such a future again needs the bound `T: 'static`. A function that makes the future itself has this
/// bound; one that passes a future on may not have it.
pub(super) fn may_be_generic(output: Option<&Type>) -> bool {
    let Some(output) = output else { return true };
    names_in(output.to_token_stream()).iter().any(|name| {
        let is_capital = name.chars().all(|letter| letter.is_ascii_uppercase());
        name == "Self" || (name.len() <= 2 && is_capital && !name.is_empty())
    })
}

/// Whether a value of this type can neither be an error nor have an `Outcome`: most primitive types, and
/// some of the standard library.
pub(crate) fn cannot_fail(returned: &Type) -> bool {
    match bare(returned) {
        Type::Array(_) | Type::Ptr(_) => true,
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|_| path.qself.is_none());
            last.is_some_and(|last| match &*last.ident.to_string() {
                // An `Option<Result<T, E>>` may hold an error.
                "Option" => !names_in(last.arguments.to_token_stream())
                    .iter()
                    .any(|name| name.ends_with("Result")),
                name => PRIMITIVES.contains(&name) || ["String", "Vec"].contains(&name),
            })
        }
        _ => false,
    }
}

/// Whether the type is `()`.
pub(super) fn is_unit(returned: &Type) -> bool {
    matches!(bare(returned), Type::Tuple(tuple) if tuple.elems.is_empty())
}
