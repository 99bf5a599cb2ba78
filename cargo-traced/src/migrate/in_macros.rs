//! Places inside macros: among the arguments of a call, and in the rules of `macro_rules!`. What a macro makes of its
//! tokens is not known, so these places are listed and stay as they are.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Macro, Meta};

use super::futures::SPANS;
use super::imports;
use crate::sources::SourceFile;
use crate::syntax::mentions;

pub(super) const WHY: &str = "it is inside a macro, which may want its tokens as they are";

/// A place and its name in messages.
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) what: String,
}

/// The attributes, methods and spans of other crates inside the macros of the file.
///
/// `foreign` returns the path of an attribute of another crate. `has_trait` says whether the file imports the trait of
/// `.instrument(..)`.
pub(super) fn places(
    file: &SourceFile,
    has_trait: bool,
    foreign: &dyn Fn(&Meta) -> Option<String>,
) -> Vec<Place> {
    let mut scanner = Scanner {
        file,
        has_trait,
        has_span_macro: imports::has_named(file, &["tracing"], "span"),
        foreign,
        found: Vec::new(),
    };
    scanner.visit_file(&file.syntax);
    scanner.found
}

struct Scanner<'p> {
    file: &'p SourceFile,
    has_trait: bool,
    /// Whether `span!` alone is the macro of `tracing`.
    has_span_macro: bool,
    foreign: &'p dyn Fn(&Meta) -> Option<String>,
    found: Vec<Place>,
}

impl<'ast> Visit<'ast> for Scanner<'_> {
    fn visit_macro(&mut self, mac: &'ast Macro) {
        let tokens = mac.tokens.clone();
        let had_trait = self.has_trait;
        self.has_trait |= mentions(tokens.clone(), &|word| word == "Instrument");
        self.scan(tokens);
        self.has_trait = had_trait;
        visit::visit_macro(self, mac);
    }
}

impl Scanner<'_> {
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if let Some(length) = self.place(&tokens[at..]) {
                at += length;
                continue;
            }
            if let TokenTree::Group(group) = token {
                self.scan(group.stream());
            }
            at += 1;
        }
    }

    /// Adds the place that begins with the first token, and returns how many tokens belong to it.
    fn place(&mut self, tokens: &[TokenTree]) -> Option<usize> {
        match tokens {
            [hash, TokenTree::Group(attribute), after @ ..]
                if is_punct(hash, '#') && attribute.delimiter() == Delimiter::Bracket =>
            {
                let path = (self.foreign)(&meta(attribute.stream())?)?;
                let what = match function_after(after) {
                    Some(name) => format!("`#[{path}]` of `{name}`"),
                    None => format!("`#[{path}]`"),
                };
                self.add(hash, what);
                Some(2)
            }
            [dot, method, TokenTree::Group(arguments), ..]
                if self.has_trait
                    && is_punct(dot, '.')
                    && arguments.delimiter() == Delimiter::Parenthesis
                    && (is_word(method, "instrument")
                        || is_word(method, "in_current_span") && arguments.stream().is_empty()) =>
            {
                self.add(method, format!("`.{method}(..)`"));
                Some(3)
            }
            [owner, colon, _, current, TokenTree::Group(_), after @ ..]
                if is_word(owner, "Span")
                    && is_punct(colon, ':')
                    && is_word(current, "current") =>
            {
                match after {
                    [dot, TokenTree::Ident(method), TokenTree::Group(_), ..]
                        if is_punct(dot, '.') =>
                    {
                        self.add(&after[1], format!("`Span::current().{method}(..)`"));
                    }
                    _ => self.add(owner, "`Span::current()`".to_owned()),
                }
                Some(5)
            }
            [krate, colon, _, name, bang, TokenTree::Group(_), ..]
                if is_word(krate, "tracing")
                    && is_punct(colon, ':')
                    && is_word(name, "span")
                    && is_punct(bang, '!') =>
            {
                self.add(krate, "`span!(..)`".to_owned());
                Some(6)
            }
            [name, bang, TokenTree::Group(_), ..]
                if is_punct(bang, '!')
                    && (SPANS.iter().any(|span| is_word(name, span))
                        || (self.has_span_macro && is_word(name, "span"))) =>
            {
                self.add(name, format!("`{name}!(..)`"));
                Some(3)
            }
            _ => None,
        }
    }

    fn add(&mut self, token: &TokenTree, what: String) {
        self.found.push(Place {
            at: self.file.range(token.span()).start,
            what,
        });
    }
}

/// The content of an attribute; in a rule its path may begin with `$crate`.
fn meta(tokens: TokenStream) -> Option<Meta> {
    let tokens = tokens.into_iter().filter(|token| !is_punct(token, '$'));
    syn::parse2(tokens.collect()).ok()
}

/// The name of the function that the attribute before these tokens is on; in a rule it may be `$name`.
fn function_after(tokens: &[TokenTree]) -> Option<String> {
    let is_end = |token: &TokenTree| {
        is_punct(token, ';')
            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    let end = tokens.iter().position(is_end).unwrap_or(tokens.len());
    let keyword = tokens[..end]
        .iter()
        .position(|token| is_word(token, "fn"))?;
    match &tokens[keyword + 1..end] {
        [dollar, TokenTree::Ident(name), ..] if is_punct(dollar, '$') => Some(format!("${name}")),
        [TokenTree::Ident(name), ..] => Some(name.to_string()),
        _ => None,
    }
}

fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == expected)
}
