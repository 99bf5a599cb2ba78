//! Expressions, patterns and paths.

use std::ops::Range;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Expr, Local, Macro, Pat, Path};

use crate::syntax::tokens::names_in;

/// The expression without parentheses and references around it.
pub(crate) fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Group(inner) => plain(&inner.expr),
        Expr::Reference(inner) => plain(&inner.expr),
        other => other,
    }
}

/// The spans of the first and the last token of an expression. Stable Rust cannot join them into one.
pub(crate) fn extent(expr: &Expr) -> Range<Span> {
    let mut places = expr.to_token_stream().into_iter().map(|token| token.span());
    let start = places.next().unwrap_or_else(Span::mixed_site);
    start..places.last().unwrap_or(start)
}

/// The name, if the expression is a single name.
pub(crate) fn local_name(expr: &Expr) -> Option<&Ident> {
    match plain(expr) {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// The name that a `let` binds; `None` for `_` and for a pattern.
pub(crate) fn bound_name(local: &Local) -> Option<&Ident> {
    bound_by(&local.pat)
}

/// The name, if the pattern is a name, perhaps with a type.
pub(crate) fn bound_by(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(name) if name.subpat.is_none() => Some(&name.ident),
        Pat::Type(typed) => bound_by(&typed.pat),
        _ => None,
    }
}

/// The segments of the path of a called function: `["Context", "current"]`.
pub(crate) fn path_of(function: &Expr) -> Vec<String> {
    match plain(function) {
        Expr::Path(path) => segments_of(&path.path),
        _ => Vec::new(),
    }
}

pub(crate) fn segments_of(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|segment| segment.ident.to_string()).collect()
}

/// Whether the expression calls a function whose path ends in this name.
pub(crate) fn calls(expr: &Expr, function: &str) -> bool {
    match plain(expr) {
        Expr::Call(call) => path_of(&call.func)
            .last()
            .is_some_and(|last| last == function),
        _ => false,
    }
}

/// Whether the name is mentioned anywhere in the node, also in the tokens of macros.
pub(crate) fn mentions(name: &Ident, node: &impl ToTokens) -> bool {
    names_in(node.to_token_stream()).contains(&name.to_string())
}

/// The argument of a call, if there is exactly one.
pub(crate) fn only<T, P>(arguments: &Punctuated<T, P>) -> Option<&T> {
    match arguments.len() {
        1 => arguments.first(),
        _ => None,
    }
}

/// Whether any word among the tokens satisfies `is_wanted`.
pub(crate) fn mentions_any(tokens: TokenStream, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_wanted(&ident.to_string()),
        TokenTree::Group(group) => mentions_any(group.stream(), is_wanted),
        _ => false,
    })
}

/// Whether the macro is `format!`.
pub(crate) fn calls_format(mac: &Macro) -> bool {
    is_one_of(&mac.path, &["format"])
}

/// The last segment of a path, without its arguments.
pub(crate) fn last_name(path: &Path) -> Option<String> {
    let last = path.segments.last()?;
    Some(last.ident.to_string())
}

/// Whether the path ends in `owner::name`, with one of the names.
pub(crate) fn ends_in(path: &Path, owner: &str, names: &[&str]) -> bool {
    let mut before = path.segments.iter().rev().skip(1);
    is_one_of(path, names) && before.next().is_some_and(|before| before.ident == owner)
}

/// Whether the expression is a path that ends in `owner::name`, with one of the names.
pub(crate) fn is_path_to(function: &Expr, owner: &str, names: &[&str]) -> bool {
    matches!(function, Expr::Path(function) if ends_in(&function.path, owner, names))
}

/// Whether the path ends in one of the names.
pub(crate) fn is_one_of(path: &Path, names: &[&str]) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
}
