//! The attribute macros of [`traced`](https://docs.rs/traced), which re-exports
//! them: depend on that crate, not on this one.
//!
//! A crate of procedural macros can export nothing else. Their implementation is therefore in
//! `traced-macros-backend`, which `cargo traced` uses too.

use traced_macros_backend::{CrateContext, Mode, expand, function_like, test_attribute};

/// Gives a function a span: see the crate `traced`.
#[proc_macro_attribute]
pub fn traced(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let crate_context = CrateContext::from_cargo();
    expand(Mode::Span, args.into(), item.into(), crate_context).into()
}

/// Carries the context into the spawn sites of a function: see the crate `traced`.
#[proc_macro_attribute]
pub fn traced_spawn(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let crate_context = CrateContext::from_cargo();
    expand(
        Mode::SpawnSitesOnly,
        args.into(),
        item.into(),
        crate_context,
    )
    .into()
}

/// Captures the spans of a test: see the crate `traced`.
#[proc_macro_attribute]
pub fn test(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    test_attribute::expand(args.into(), item.into()).into()
}

/// `#[traced::test]` without the feature `testing` of the crate `traced`: an error that names the feature.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn test_without_testing(
    _args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    test_attribute::without_testing(item.into()).into()
}

/// `traced::event!`, which passes the path of its crate.
#[doc(hidden)]
#[proc_macro]
pub fn event(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    function_like::event(tokens.into()).into()
}

/// `traced::set_attributes!`, which passes the path of its crate.
#[doc(hidden)]
#[proc_macro]
pub fn set_attributes(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    function_like::set_attributes(tokens.into()).into()
}

/// `traced::span!`, which passes the path of its crate.
#[doc(hidden)]
#[proc_macro]
pub fn span(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    function_like::span(tokens.into(), &CrateContext::from_cargo()).into()
}
