//! The attribute macros of [`traced`](https://docs.rs/traced), which re-exports
//! them: depend on that crate, not on this one.
//!
//! The path of a function through this crate is one line a stage; each stage is
//! the file of its name:
//!
//! ```text
//! attribute tokens ─ args ─► Args ─┐
//!                                  ├─ model ─► FunctionModel ─┐
//! item tokens ────── item ─► Item ─┘                  ├─ rewrite ─► tokens
//!                             └─ body ─ spawn ────────┘
//! ```

/// `quote!` for what the macros write: its locals are its own, so that a
/// parameter called `__guard` stays what it is.
macro_rules! hygienic {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}

/// The same, located at `place`: what rustc says of it, it says there.
macro_rules! hygienic_at {
    ($place:expr=> $($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site().located_at($place)=> $($tokens)*)
    };
}

mod args;
mod conditional;
mod container;
mod diagnostics;
mod emit;
mod function;
mod function_like;
#[cfg(test)]
mod fuzz;
mod item;
mod lints;
mod model;
mod nested;
mod semconv;
#[cfg(test)]
mod snapshot;
mod spawn;
mod spawners;
mod syntax;
mod wrap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::{Args, Mode};
use crate::container::Container;
use crate::diagnostics::Errors;
use crate::model::CrateContext;

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

/// The pipeline: read what was written, judge it, write the new item.
///
/// Whatever is wrong, the user's item is in the output, so that one mistake in
/// an attribute is one error and not one at every place that uses the item.
fn expand(
    mode: Mode,
    args: TokenStream,
    item: TokenStream,
    crate_context: CrateContext,
) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(mode, args, &mut errors);
    let written = match Container::of(&item) {
        Some(container) => container.expand_annotated(mode, &args, crate_context, &mut errors),
        None => function::expand(mode, args, item, crate_context, &mut errors),
    };
    with_errors(written, errors.into_tokens())
}

/// The item, and what is wrong with it or its attribute.
fn with_errors(item: TokenStream, errors: Option<TokenStream>) -> TokenStream {
    let item = match errors {
        Some(_) => spawn::without_attributes(item),
        None => item,
    };
    quote!(#errors #item)
}
