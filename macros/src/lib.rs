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
use crate::model::{Mode, Model, Origin, ScopeOfCrate, Units};

/// Gives a function a span: see the crate `traced`.
#[proc_macro_attribute]
pub fn traced(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let scope = ScopeOfCrate::from_cargo();
    expand(Mode::Span, args.into(), item.into(), scope).into()
}

/// Carries the context into the spawn sites of a function, without a span of its own.
///
/// It belongs on a function, an `impl`, a trait or an inline `mod`, and, inside a
/// function that has it or `#[traced]`, on one statement or expression.
///
/// | argument | meaning |
/// |---|---|
/// | `name = ..` | each spawned unit gets a span of this name: a string literal, or an expression |
/// | `kind = ".."` | .. of this kind: `"internal"`, `"server"`, `"client"`, `"producer"` or `"consumer"` |
/// | `attributes(..)` | .. with these attributes, evaluated at the site by reference |
/// | `link` | .. that begins a trace of its own, linked to the spawner: for what outlives its request |
/// | `detached` | the sites stay as they are |
/// | `also(path, ..)` | further spawners, functions or methods, by the last name of the path |
/// | `crate = path` | where `traced` lives |
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
    if mode == Mode::SpawnSitesOnly && spawn::is_container(&item) {
        return expand_container(args, item, scope, errors);
    }
    let parsed = Item::parse(item.clone(), mode.macro_name(), &mut errors);
    let model = parsed.and_then(|parsed| Model::build(mode, args, parsed, scope, &mut errors));
    match (model, errors.into_tokens()) {
        (Some(model), None) => rewrite::rewrite(model),
        (_, Some(errors)) => rewrite::with_errors(item, errors),
        (None, None) => item,
    }
}

/// The same pipeline for an `impl`, a trait or a module: the functions in it
/// stay where they are, so only their bodies are rewritten.
fn expand_container(
    args: Args,
    item: TokenStream,
    scope: ScopeOfCrate,
    mut errors: Errors,
) -> TokenStream {
    let krate = model::krate(args.krate.as_ref());
    let units = Units::build(args, Origin::unnamed(scope), &mut errors);
    let rewritten = spawn::carry_into_container(item.clone(), &krate, units, &mut errors);
    match errors.into_tokens() {
        None => rewritten,
        Some(errors) => rewrite::with_errors(item, errors),
    }
}
