//! Delimited groups of tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;

/// Braces with the span of the user's braces, where rustc reports errors about a body.
pub(crate) fn braced_like(original: &Group, content: impl ToTokens) -> Group {
    let mut group = Group::new(Delimiter::Brace, content.into_token_stream());
    group.set_span(original.span());
    group
}

/// A group with other content and the same delimiters and span.
pub(crate) fn like(original: &Group, content: TokenStream) -> Group {
    let mut group = Group::new(original.delimiter(), content);
    group.set_span(original.span());
    group
}

/// Whether the token is a group in these delimiters.
pub(crate) fn is_group(token: Option<&TokenTree>, wanted: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == wanted)
}
