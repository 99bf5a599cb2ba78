//! The errors of the macros: their collector, and a function for each message.
//!
//! Messages are written as rustc writes its own: what is wrong, in lower case, with code in
//! backticks and without a full stop; after a semicolon, what to write instead. Each function of
//! a submodule has a case of its name under `tests/ui/fail`, which a test of `tests/house` checks.

mod arguments;
mod attributes;
mod items;
mod lints;
mod other_crates;
mod test_attribute;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

pub(crate) use self::arguments::*;
pub(crate) use self::attributes::*;
pub(crate) use self::items::*;
pub(crate) use self::lints::*;
pub(crate) use self::test_attribute::*;
use crate::syntax::edit_distance::edits;

/// The errors of one item. All of them are reported, not only the first.
#[derive(Default)]
pub(crate) struct Errors(Vec<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Whether there is an error.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The value, if there is one; an error is added to the list.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Adds the errors that are not in the list yet. A mistake in the arguments of a container is found
    /// again in each of its functions, and is reported once.
    pub(crate) fn extend_once(&mut self, others: Errors) {
        for error in others.0 {
            // A `Span` has no `Eq`, but its `Debug` output tells where it is.
            let identity = |error: &Error| format!("{error} {:?}", error.span());
            if !self
                .0
                .iter()
                .any(|known| identity(known) == identity(&error))
            {
                self.0.push(error);
            }
        }
    }

    /// All of them as one error of several parts.
    pub(crate) fn into_combined(self) -> Option<Error> {
        self.0.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        })
    }

    /// A `compile_error!` for each error; `None` if there is none.
    pub(crate) fn into_tokens(self) -> Option<TokenStream> {
        let tokens = self.0.iter().map(Error::to_compile_error);
        (!self.0.is_empty()).then(|| tokens.collect())
    }
}

fn at(tokens: impl ToTokens, message: impl std::fmt::Display) -> Error {
    Error::new_spanned(tokens, message)
}

/// `a`, `b` and `c`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The one of the `known` words of which `written` is most likely a misspelling.
fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (written.chars().count() / 3).clamp(1, 2);
    let distances = known.iter().map(|word| (edits(written, word), *word));
    let nearest = distances.min_by_key(|(distance, _)| *distance)?;
    (nearest.0 <= allowed).then_some(nearest.1)
}
