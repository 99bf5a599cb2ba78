//! The messages about lists of attributes of a span.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

use super::at;

pub(crate) fn expected_attribute(found: &TokenStream) -> Error {
    at(
        found,
        "expected an attribute: `param`, `key = value`, `key = %value` or `key = ?value`",
    )
}

pub(crate) fn recorded_pattern(found: impl ToTokens) -> Error {
    at(
        found,
        "`#[attribute]` records a parameter by its name, and this is a pattern; record its parts \
         with `#[traced(attributes(..))]`",
    )
}

pub(crate) fn malformed_parameter_attribute(found: impl ToTokens) -> Error {
    at(
        found,
        "expected `#[attribute]` or `#[attribute(\"key\")]`; for `Display` or `Debug` write \
         `#[traced(attributes(key = %param))]`",
    )
}

pub(crate) fn recorded_twice(found: impl ToTokens) -> Error {
    at(
        found,
        "this parameter is recorded already; remove one `#[attribute]`, or write \
         `#[traced(attributes(key = param))]`",
    )
}

pub(crate) fn shorthand_needs_name(found: impl ToTokens) -> Error {
    at(
        found,
        "a string is a key here and needs a value; write `\"key\" = value`",
    )
}

pub(crate) fn span_without_block(name: impl ToTokens) -> Error {
    at(
        name,
        "`span!` ends in the block that it times; write `span!(\"name\", { .. })`",
    )
}
