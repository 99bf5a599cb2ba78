//! What the macros of [`traced`](https://docs.rs/traced) do, as functions from tokens to tokens, and
//! what `cargo traced` asks of the same tables: depend on neither from your own crate, as both may
//! change in any version.
//!
//! `traced-macros` is a list of entry points into this library: a crate of procedural macros exports
//! nothing else, and two of ours need the tables of spawners, lints and semantic conventions.
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
mod wrap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
pub use crate::args::Mode;
use crate::container::Container;
use crate::diagnostics::Errors;
pub use crate::model::CrateContext;

/// The pipeline: read what was written, judge it, write the new item.
///
/// Whatever is wrong, the user's item is in the output, so that one mistake in
/// an attribute is one error and not one at every place that uses the item.
pub fn expand(
    mode: Mode,
    args: TokenStream,
    item: TokenStream,
    crate_context: CrateContext,
) -> TokenStream {
    let (written, errors) = judged(mode, args, item, crate_context);
    with_errors(written, errors.into_tokens())
}

/// The new item, and what is wrong with it.
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

/// The item, and what is wrong with it or its attribute.
fn with_errors(item: TokenStream, errors: Option<TokenStream>) -> TokenStream {
    let item = match errors {
        Some(_) => spawn::without_attributes(item),
        None => item,
    };
    quote!(#errors #item)
}
