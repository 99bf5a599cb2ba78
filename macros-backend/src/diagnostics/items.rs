//! The messages about items that have an attribute.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Error;

use super::at;

pub(crate) fn needs_result(key: &Ident) -> Error {
    at(
        key,
        format!("`{key}` looks at an `Err`, but this function returns no `Result`; remove it"),
    )
}

/// Reports that a function in a container gets no span, which would be easy to overlook.
pub(crate) fn unreadable_signature(function: &TokenStream, why: &Error) -> Error {
    at(
        function,
        format!(
            "the signature of this function cannot be read ({why}), so it has no span; leave \
             it out with `#[traced(skip)]`"
        ),
    )
}

pub(crate) fn needs_value(key: &Ident) -> Error {
    at(
        key,
        format!("`{key}` looks at the returned value, but this function returns `()`; remove it"),
    )
}

/// Points at the attribute: there is no token of an item to point at.
pub(crate) fn nothing_follows(macro_name: &str) -> Error {
    Error::new(
        Span::call_site(),
        format!("`#[{macro_name}]` belongs on a function, but nothing follows it"),
    )
}

pub(crate) fn not_traceable_file(found: impl ToTokens, macro_name: &str) -> Error {
    at(
        found,
        format!(
            "a macro does not see the file of a module; put `#[{macro_name}]` on the items in the \
             file, or write the module here, `mod name {{ .. }}`"
        ),
    )
}
