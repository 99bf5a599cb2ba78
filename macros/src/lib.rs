//! The attribute macros of [`traced`](https://docs.rs/traced), which re-exports
//! them: depend on that crate, not on this one.
//!
//! The path of a function through this crate is one line a stage; each stage is
//! the file of its name:
//!
//! ```text
//! attribute tokens ─ args ─► Args ─┐
//!                                  ├─ model ─► Model ─┐
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

mod args;
mod diagnostics;
mod item;
mod model;
mod rewrite;
#[cfg(test)]
mod snapshot;
mod spawn;
mod tokens;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::diagnostics::Errors;
use crate::item::Item;
use crate::model::{Mode, Model, ScopeOfCrate};

/// Gives a function a span: see the crate `traced`.
#[proc_macro_attribute]
pub fn traced(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let scope = ScopeOfCrate::from_cargo();
    expand(Mode::Span, args.into(), item.into(), scope).into()
}

/// Carries the context into the spawn sites of a function: see the crate `traced`.
#[proc_macro_attribute]
pub fn traced_spawn(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let scope = ScopeOfCrate::from_cargo();
    expand(Mode::SpawnSitesOnly, args.into(), item.into(), scope).into()
}

/// The pipeline: read what was written, judge it, write the new item.
///
/// Whatever is wrong, the user's item is in the output, so that one mistake in
/// an attribute is one error and not one at every place that uses the item.
fn expand(mode: Mode, args: TokenStream, item: TokenStream, scope: ScopeOfCrate) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(mode, args, &mut errors);
    let parsed = Item::parse(item.clone(), mode.macro_name(), &mut errors);
    let model = parsed.and_then(|parsed| Model::build(mode, args, parsed, scope, &mut errors));
    match (model, errors.into_tokens()) {
        (Some(model), None) => rewrite::rewrite(model),
        (_, Some(errors)) => rewrite::with_errors(item, errors),
        (None, None) => item,
    }
}
