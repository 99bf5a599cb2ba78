//! A source file: its text, its syntax tree, and the places of tokens in the text.

use std::ops::{Deref, Range};
use std::path::Path;
use std::str::FromStr;
use std::{fs, io};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Item;

use super::modules;
use super::text::Text;

/// A file that was read and parsed. It dereferences to its [`Text`].
pub(crate) struct SourceFile {
    base: Text,
    pub(crate) syntax: syn::File,
    /// The module, from the crate's root: `["db", "pool"]`.
    pub(crate) module: Vec<String>,
    /// Whether the file is only compiled for tests, examples or benches.
    pub(crate) is_test: bool,
    /// Whether this is the root of an executable.
    pub(crate) is_program: bool,
    /// The length of the byte order mark and of the `#!` line, which are not tokens.
    preamble: usize,
}

/// A file that could not be read or parsed.
pub(crate) struct Unread {
    /// A sentence for the user.
    pub(crate) why: String,
    /// The modules that it declares, as far as they can be seen.
    pub(crate) modules: Vec<Item>,
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Unread {
            why,
            modules: Vec::new(),
        }
    }
}

impl Deref for SourceFile {
    type Target = Text;

    fn deref(&self) -> &Text {
        &self.base
    }
}

impl SourceFile {
    /// Reads and parses a file.
    pub(crate) fn read(path: &Path, shown: String, module: Vec<String>) -> Result<Self, Unread> {
        let text = fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "it does not exist".to_owned(),
            _ => format!("it cannot be read: {error}"),
        })?;
        let text = String::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
        if is_generated(&text) {
            return Err("it says `@generated`".to_owned().into());
        }
        let preamble = length_of_preamble(&text);
        let not_parsed = |line: usize, error: String| {
            let before = text[..preamble].matches('\n').count();
            format!("it does not parse, at line {}: {error}", line + before)
        };
        let tokens = TokenStream::from_str(&text[preamble..])
            .map_err(|error| not_parsed(error.span().start().line, error.to_string()))?;
        let syntax = syn::parse2::<syn::File>(tokens.clone()).map_err(|error| Unread {
            why: not_parsed(error.span().start().line, error.to_string()),
            modules: modules::among(tokens),
        })?;
        Ok(SourceFile {
            base: Text::of_file(path, shown, text),
            syntax,
            module,
            is_test: false,
            is_program: false,
            preamble,
        })
    }

    /// The range of bytes of a token.
    pub(crate) fn range(&self, span: Span) -> Range<usize> {
        let range = span.byte_range();
        range.start + self.preamble..range.end + self.preamble
    }

    /// The range of bytes from the first to the last token; `None` if there is no token.
    pub(crate) fn range_of(&self, node: impl ToTokens) -> Option<Range<usize>> {
        let mut spans = node.to_token_stream().into_iter().map(|token| token.span());
        let first = self.range(spans.next()?);
        let last = spans.last().map_or(first.end, |span| self.range(span).end);
        Some(first.start..last)
    }

    /// The text of the tokens, as it was written.
    pub(crate) fn written(&self, node: impl ToTokens) -> &str {
        self.range_of(node)
            .map_or("", |range| self.text.get(range).unwrap_or_default())
    }
}

/// A byte order mark and a `#!` line are not tokens, but shift the place of every token.
fn length_of_preamble(text: &str) -> usize {
    let after_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_shebang = after_mark
        .strip_prefix("#!")
        .is_some_and(|rest| !rest.trim_start().starts_with('['));
    let shebang = match is_shebang {
        true => after_mark.find('\n').unwrap_or(after_mark.len()),
        false => 0,
    };
    text.len() - after_mark.len() + shebang
}

/// Whether a comment at the top says that the file is generated.
fn is_generated(text: &str) -> bool {
    let top = text.lines().take(20);
    let comments = top.filter(|line| line.trim_start().starts_with("//"));
    comments.into_iter().any(|line| {
        line.split_whitespace()
            .any(|word| word.trim_matches(['.', ',', ';']) == "@generated")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::text::Place;

    fn file(text: &str) -> SourceFile {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        fs::write(&path, text).unwrap();
        SourceFile::read(&path, "lib.rs".to_owned(), Vec::new())
            .ok()
            .unwrap()
    }

    #[test]
    fn places_count_the_preamble_and_characters() {
        let file = file("\u{feff}#!/usr/bin/env rust\r\n/* é */ fn f() {}\r\nfn g() {}\r\n");
        let ranges = file
            .syntax
            .items
            .iter()
            .map(|item| file.range_of(item).unwrap());
        let texts: Vec<&str> = ranges.map(|range| &file.text[range]).collect();
        assert_eq!(texts, ["fn f() {}", "fn g() {}"]);
        let at = file.range_of(&file.syntax.items[0]).unwrap().start;
        assert_eq!(file.place(at), Place { line: 2, column: 9 });
        assert_eq!((file.line(3), file.newline()), ("fn g() {}", "\r\n"));
    }

    #[test]
    fn generated_files_are_recognised_by_their_comment() {
        assert!(is_generated("// This file is @generated by prost-build.\n"));
        assert!(!is_generated("let word = \"@generated\";\n"));
    }
}
