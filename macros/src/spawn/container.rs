//! The functions of an `impl`, a trait or a module.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::Carrier;
use super::attributed::{check_attributed, keeps_its_sites};
use super::scan::{ends_item, is_group, is_punct, like};
use crate::diagnostics::Errors;
use crate::model::Units;

/// Whether the item holds functions, and is here with them: `mod m;` is not.
pub(crate) fn is_container(item: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let keyword = tokens.iter().find_map(|token| match token {
        TokenTree::Ident(word) => {
            let word = word.to_string();
            [
                "const", "enum", "extern", "fn", "impl", "mod", "static", "struct", "trait", "use",
            ]
            .contains(&word.as_str())
            .then_some(word)
        }
        _ => None,
    });
    matches!(keyword.as_deref(), Some("impl" | "mod" | "trait"))
        && is_group(tokens.last(), Delimiter::Brace)
}

/// Rewrites the spawn sites in the body of every function of a container.
///
/// A function with a `#[traced_spawn]` of its own, or a `spawn = false`, decides
/// for itself.
pub(crate) fn carry_into_container(
    item: TokenStream,
    krate: &TokenStream,
    units: Units,
    errors: &mut Errors,
) -> TokenStream {
    Container {
        krate,
        units,
        errors,
    }
    .items(item)
}

struct Container<'c> {
    krate: &'c TokenStream,
    units: Units,
    errors: &'c mut Errors,
}

impl Container<'_> {
    fn items(&mut self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut written = TokenStream::new();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let length = length_of_item(rest);
            written.extend(self.item(&rest[..length]));
            rest = &rest[length..];
        }
        written
    }

    fn item(&mut self, tokens: &[TokenTree]) -> TokenStream {
        let mut tokens = tokens.to_vec();
        let opening = opening(&tokens);
        if let (Some(opening), Some(TokenTree::Group(body))) = (opening, tokens.last()) {
            let content = match opening {
                Opening::Items => self.items(body.stream()),
                Opening::Body(name) => {
                    self.units.in_function(&name);
                    check_attributed(body.stream(), self.krate, &self.units, self.errors);
                    Carrier::new(self.krate, &self.units).carry_into(body.stream())
                }
            };
            let body = like(body, content);
            tokens.pop();
            tokens.push(TokenTree::Group(body));
        }
        tokens.into_iter().collect()
    }
}

/// What the braces at the end of an item hold.
enum Opening {
    Items,
    Body(proc_macro2::Ident),
}

fn opening(item: &[TokenTree]) -> Option<Opening> {
    if !is_group(item.last(), Delimiter::Brace) {
        return None;
    }
    let mut is_const = false;
    for (index, token) in item.iter().enumerate() {
        match token {
            TokenTree::Group(attribute)
                if index > 0
                    && is_punct(item.get(index - 1), '#')
                    && keeps_its_sites(attribute) =>
            {
                return None;
            }
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "impl" | "mod" | "trait" => return Some(Opening::Items),
                // Our calls are not `const`.
                "const" => is_const = true,
                "fn" if is_const => return None,
                "fn" => match item.get(index + 1) {
                    Some(TokenTree::Ident(name)) => return Some(Opening::Body(name.clone())),
                    _ => return None,
                },
                "enum" | "struct" | "static" | "union" | "use" | "macro_rules" => return None,
                _ => {}
            },
            _ => {}
        }
    }
    None
}

/// Items end in a `;` or in braces, of which the first that stand alone count:
/// those of `const { .. }` in a type are rarer than this function is short.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    tokens
        .iter()
        .position(ends_item)
        .map_or(tokens.len(), |end| end + 1)
}
