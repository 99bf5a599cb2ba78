//! Functions on syntax trees that several commands use.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Block, Expr, Lit, Meta, MetaList, Path, Stmt, Token};

/// The names of a path, without their generics.
pub(crate) fn segments(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments
        .map(|segment| unraw(&segment.ident.to_string()))
        .collect()
}

/// An expression as the whole of a block.
pub(crate) fn block_of(expr: &Expr) -> Block {
    // Not from tokens: as a statement, `if a { 1 } else { 2 } as u64` would end before its `as`.
    Block {
        brace_token: Default::default(),
        stmts: vec![Stmt::Expr(expr.clone(), None)],
    }
}

fn unraw(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

/// Whether an item with these attributes is only compiled for tests: `#[cfg(test)]`, `#[test]`, and the
/// attributes of test frameworks.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = segments(attribute.path());
        let last = path.last().map(String::as_str);
        if last == Some("cfg") {
            return condition_needs_test(&attribute.meta);
        }
        matches!(
            last,
            Some("test" | "rstest" | "bench" | "test_case" | "quickcheck" | "proptest")
        )
    })
}

/// `cfg(test)`, `cfg(all(test, unix))`, `cfg(any(test, feature = "test-utils"))`; not `cfg(not(test))` or
/// `cfg(any(test, unix))`.
fn condition_needs_test(condition: &Meta) -> bool {
    let parts = |list: &MetaList| {
        let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
        let parts = list.parse_args_with(parser);
        parts.map(|parts| parts.into_iter().collect::<Vec<_>>())
    };
    match condition {
        // `with_testing` is an alias that a build script sets.
        Meta::Path(path) => path
            .get_ident()
            .is_some_and(|name| is_word_of_tests(&name.to_string())),
        Meta::NameValue(pair) => pair.path.is_ident("feature") && is_feature_of_tests(&pair.value),
        Meta::List(list) if list.path.is_ident("any") => {
            parts(list).is_ok_and(|parts| parts.iter().all(condition_needs_test))
        }
        Meta::List(list) if list.path.is_ident("cfg") || list.path.is_ident("all") => {
            parts(list).is_ok_and(|parts| parts.iter().any(condition_needs_test))
        }
        Meta::List(_) => false,
    }
}

/// Whether the name is that of a feature for tests: `test-utils`, `testing`, `mocks`. The code behind it helps other
/// crates to test, and is no part of the program.
fn is_feature_of_tests(name: &Expr) -> bool {
    let Expr::Lit(literal) = name else {
        return false;
    };
    let Lit::Str(name) = &literal.lit else {
        return false;
    };
    is_word_of_tests(&name.value())
}

/// Whether one of the words of a name, `test-utils` or `http_bench`, is a word of tests or benchmarks.
pub(crate) fn is_word_of_tests(name: &str) -> bool {
    name.split(['-', '_']).any(|word| {
        matches!(
            word,
            "bench"
                | "benches"
                | "benchmark"
                | "mock"
                | "mocks"
                | "test"
                | "testing"
                | "tests"
                | "testutils"
        )
    })
}

/// Whether one of the words is among the tokens, at any depth.
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

/// The segments of a path; empty for an expression that is no path.
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
    fn items_that_need_a_test_build_are_recognised() {
        let is = |written: &str| {
            let item: syn::ItemFn = syn::parse_str(&format!("{written} fn f() {{}}")).unwrap();
            is_test_only(&item.attrs)
        };
        assert!(is("#[cfg(test)]") && is("#[cfg(all(unix, test))]") && is("#[tokio::test]"));
        assert!(
            is("#[cfg(any(test, feature = \"test-utils\"))]")
                && is("#[cfg(feature = \"testing\")]")
        );
        assert!(is("#[cfg(with_testing)]") && !is("#[cfg(tokio_unstable)]"));
        assert!(!is("#[cfg(feature = \"latest\")]") && !is("#[cfg(not(feature = \"testing\"))]"));
        assert!(!is("#[cfg(not(test))]") && !is("#[cfg(any(test, unix))]") && !is("#[inline]"));
    }
}
