//! The macros of [`traced`](https://docs.rs/traced) as functions from tokens to tokens, and the
//! tables that `cargo traced` shares with them. Do not depend on this crate: everything in it may
//! change in any version.
//!
//! `traced-macros` only holds the entry points, because a crate of procedural macros can export
//! nothing else.
//!
//! An annotated function passes through these stages, each in the module of its name. `function`
//! calls them in this order:
//!
//! ```text
//!                  judge: nothing is written             barrier       write: nothing can fail
//! attribute ─► args ─► Args ─┬─► lints ───────────────┐    │
//!                            ├─► model ► FunctionModel┤    │    ┌─► nested ─► spawn ─► wrap ─► tokens
//! item ──────► item ─► Item ─┴─► spawn, nested ───────┴────┼────┘
//!                                                          └─► on any error: the item as it was
//! ```

/// `quote!` for generated code: with the hygiene of `mixed_site`, its locals cannot be confused with
/// the user's, even if a parameter is called `__guard`.
macro_rules! hygienic {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}

/// [`hygienic!`], located at `place`: rustc reports errors in the generated code there.
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
pub mod function_like;
pub mod inspect;
mod item;
mod lints;
mod model;
mod nested;
mod semconv;
mod spawn;
mod spawners;
mod syntax;
pub mod test_attribute;
mod wrap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
pub use crate::args::Mode;
use crate::container::Container;
use crate::diagnostics::Errors;
pub use crate::model::CrateContext;

/// Expands an attribute on an item.
///
/// The user's item is in the output even if there are errors. Without it, one mistake in an
/// attribute would also be an error at each place that uses the item.
pub fn expand(
    mode: Mode,
    args: TokenStream,
    item: TokenStream,
    crate_context: CrateContext,
) -> TokenStream {
    // The expansion of a module ends with such an attribute: see `container/imports.rs`.
    if container::only_uses_import(&args) {
        return TokenStream::new();
    }
    let (written, errors) = judged(mode, args, item, crate_context);
    with_errors(written, errors.into_tokens())
}

/// The expanded item, or the item as it was, and the errors.
fn judged(
    mode: Mode,
    args: TokenStream,
    item: TokenStream,
    crate_context: CrateContext,
) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let args = Args::parse(mode, args, &mut errors);
    let written = match Container::of(&item) {
        Some(container) => container.expand_annotated(mode, &args, crate_context, &mut errors),
        None => function::expand(mode, args, item, crate_context, &mut errors),
    };
    (written, errors)
}

/// The errors followed by the item. If there are any, the item loses its `#[traced_spawn]` attributes.
fn with_errors(item: TokenStream, errors: Option<TokenStream>) -> TokenStream {
    let item = match errors {
        Some(_) => spawn::without_attributes(item),
        None => item,
    };
    quote!(#errors #item)
}
