//! Questions about syntax trees that several commands ask.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, Path};

/// The names of a path, without their generics.
pub(crate) fn segments(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments
        .map(|segment| unraw(&segment.ident.to_string()))
        .collect()
}

fn unraw(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

/// Whether what has these attributes is compiled for tests alone: `#[cfg(test)]`, `#[test]`, and
/// those of test frameworks.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = segments(attribute.path());
        let last = path.last().map(String::as_str);
        if last == Some("cfg") {
            return condition_needs_test(&attribute.meta.to_token_stream());
        }
        matches!(
            last,
            Some("test" | "rstest" | "bench" | "test_case" | "quickcheck" | "proptest")
        )
    })
}

/// `cfg(test)`, `cfg(all(test, unix))`; not `cfg(not(test))` or `cfg(any(test, unix))`.
fn condition_needs_test(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut before: Option<String> = None;
    for token in &tokens {
        match token {
            TokenTree::Group(group) => {
                let is_needed = matches!(before.as_deref(), Some("cfg" | "all"));
                if is_needed && condition_needs_test(&group.stream()) {
                    return true;
                }
                before = None;
            }
            TokenTree::Ident(word) if word == "test" => return true,
            TokenTree::Ident(word) => before = Some(word.to_string()),
            _ => {}
        }
    }
    false
}

/// Whether one of the words stands anywhere among the tokens.
pub(crate) fn mentions(node: impl ToTokens, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    fn any(tokens: TokenStream, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => is_wanted(&word.to_string()),
            TokenTree::Group(group) => any(group.stream(), is_wanted),
            _ => false,
        })
    }
    any(node.to_token_stream(), is_wanted)
}

/// The path that an expression is; empty for any other expression.
pub(crate) fn path_of(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Path(path) => segments(&path.path),
        Expr::Paren(inner) => path_of(&inner.expr),
        Expr::Group(inner) => path_of(&inner.expr),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_test_is_for_tests() {
        let is = |written: &str| {
            let item: syn::ItemFn = syn::parse_str(&format!("{written} fn f() {{}}")).unwrap();
            is_test_only(&item.attrs)
        };
        assert!(is("#[cfg(test)]") && is("#[cfg(all(unix, test))]") && is("#[tokio::test]"));
        assert!(!is("#[cfg(not(test))]") && !is("#[cfg(any(test, unix))]") && !is("#[inline]"));
    }
}
