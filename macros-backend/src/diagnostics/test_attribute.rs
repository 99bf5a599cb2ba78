//! Messages of `#[traced::test]`.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::Error;

use super::at;

pub(crate) fn test_without_runtime(function: &Ident) -> Error {
    at(
        function,
        "an async test needs a runtime to run on; add `#[tokio::test]`, or the test attribute of another runtime, \
         below `#[traced::test]`",
    )
}

pub(crate) fn test_without_feature() -> Error {
    Error::new(
        Span::call_site(),
        "`#[traced::test]` needs the feature `testing` of the crate `traced`; turn it on under \
         `[dev-dependencies]`, `traced = { version = \"..\", features = [\"testing\"] }`",
    )
}

pub(crate) fn argument_of_test(written: impl ToTokens) -> Error {
    at(
        written,
        "`#[traced::test]` has one argument, `crate = path`; write the arguments of `#[tokio::test(..)]` or \
         `#[rstest]` in those attributes, below this one",
    )
}
