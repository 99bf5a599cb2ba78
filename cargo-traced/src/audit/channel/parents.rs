//! Whether the attribute of a function says to which trace the handling of a message belongs.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};

use crate::functions::Function;
use crate::syntax::mentions;

pub(super) enum Parent {
    /// The attribute says nothing of it.
    None,
    /// It comes with the message, or the function begins a trace.
    OfMessage,
    /// It is that of something else, as far as can be seen.
    Other,
}

impl Parent {
    /// The parent of a function whose parameters `of_messages` are given a message, or what is made of one.
    pub(super) fn of(function: &Function<'_>, of_messages: &HashSet<String>) -> Self {
        let arguments = function.ours.as_ref().map(|ours| ours.args.clone());
        let mut found = Parent::None;
        for argument in by_commas(arguments.unwrap_or_default()) {
            let mut tokens = argument.into_iter();
            let name = tokens.next().map(|name| name.to_string());
            match name.as_deref() {
                Some("root") => return Parent::OfMessage,
                Some("extract" | "links" | "parent") => {
                    let value: TokenStream = tokens.collect();
                    if mentions(value, &|word| of_messages.contains(word)) {
                        return Parent::OfMessage;
                    }
                    found = Parent::Other;
                }
                _ => {}
            }
        }
        found
    }
}

/// The arguments of an attribute. What stands in brackets is no argument: `attributes(parent = order.parent)`.
fn by_commas(arguments: TokenStream) -> Vec<TokenStream> {
    let mut found = vec![TokenStream::new()];
    for token in arguments {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => found.push(TokenStream::new()),
            token => {
                if let Some(last) = found.last_mut() {
                    last.extend([token]);
                }
            }
        }
    }
    found
}
