//! Macros that make a span.

use proc_macro2::TokenTree;
use syn::Macro;

use crate::syntax::{mentions, segments};

pub(super) enum SpanMacro {
    /// `info_span!(..)`, `span!(Level::INFO, ..)`: a span of `tracing`, which others enter.
    OfTracing,
    /// `traced::span!(..)`: the span is current in the code that the macro is given.
    OfCode,
}

impl SpanMacro {
    pub(super) fn of(mac: &Macro) -> Option<Self> {
        let path = segments(&mac.path);
        let name = path.last()?;
        let is_of_tracing = path[0] == "tracing" || name.ends_with("_span") || takes_a_level(mac);
        match is_of_tracing {
            true if name.ends_with("span") => Some(SpanMacro::OfTracing),
            false if name == "span" => Some(SpanMacro::OfCode),
            _ => None,
        }
    }
}

/// `span!(Level::INFO, "load")`. Ours begins with a name, and may have a level among its attributes.
fn takes_a_level(mac: &Macro) -> bool {
    let first = mac.tokens.clone().into_iter().next();
    let begins_with_a_name = matches!(first, Some(TokenTree::Literal(_)));
    !begins_with_a_name && mentions(mac.tokens.clone(), &|word| word == "Level")
}
