//! Delimited groups of tokens.

use proc_macro2::{Delimiter, Group};
use quote::ToTokens;

/// Braces at the place of the user's: what rustc says of a body, it says there.
pub(crate) fn braced_like(original: &Group, content: impl ToTokens) -> Group {
    let mut group = Group::new(Delimiter::Brace, content.into_token_stream());
    group.set_span(original.span());
    group
}
