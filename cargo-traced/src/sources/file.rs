//! A source file: its text, its syntax tree, and the places of tokens in the text.

use std::ops::{Deref, Range};
use std::path::Path;
use std::str::FromStr;
use std::{fs, io};

use proc_macro2::{Span, TokenStream, TokenTree};
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
        if let Some(mark) = mark_of_generated(&text) {
            return Err(format!("it says `{mark}`").into());
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

    /// The comments between the tokens of a node.
    pub(crate) fn comments(&self, node: impl ToTokens) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        add_spans(node.to_token_stream(), &mut spans);
        let mut found = Vec::new();
        let mut end = None;
        for range in spans.into_iter().map(|span| self.range(span)) {
            if let Some(end) = end.filter(|end| *end < range.start) {
                add_comments(&self.text, end..range.start, &mut found);
            }
            end = end.max(Some(range.end));
        }
        found
    }

    /// The text of the tokens, as it was written.
    pub(crate) fn written(&self, node: impl ToTokens) -> &str {
        self.range_of(node)
            .map_or("", |range| self.text.get(range).unwrap_or_default())
    }
}

/// The spans of tokens and of the signs around groups, in order.
fn add_spans(tokens: TokenStream, spans: &mut Vec<Span>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                spans.push(group.span_open());
                add_spans(group.stream(), spans);
                spans.push(group.span_close());
            }
            other => spans.push(other.span()),
        }
    }
}

/// Adds the comments in a range of text that holds nothing else but white space.
fn add_comments(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut at = range.start;
    while let Some(start) = text[at..range.end].find('/').map(|start| at + start) {
        let rest = &text[start..range.end];
        let length = match rest.starts_with("/*") {
            true => length_of_block_comment(rest),
            false => rest.lines().next().map_or(rest.len(), str::len),
        };
        found.push(start..start + length);
        at = start + length;
    }
}

/// Block comments may hold others.
fn length_of_block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(next) = text[at..].find(['/', '*']) {
        at += next;
        let step = match text.get(at..at + 2) {
            Some("/*") => 1,
            Some("*/") => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            return at;
        }
    }
    text.len()
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

/// The words by which a comment at the top says that the file is generated: those of rustfmt, of Go, and of bindgen.
fn mark_of_generated(text: &str) -> Option<&'static str> {
    let mut is_in_block = false;
    let comments = text.trim_start_matches('\u{feff}').lines().take(20);
    let comments = comments.map(str::trim_start).filter(|line| {
        let was_in_block = is_in_block;
        is_in_block = (was_in_block || line.starts_with("/*")) && !line.contains("*/");
        was_in_block || line.starts_with("//") || line.starts_with("/*")
    });
    comments.into_iter().find_map(|line| {
        let has_word = |word: &str| {
            let mut words = line.split_whitespace();
            words.any(|known| known.trim_matches(['.', ',', ';', ':', '*']) == word)
        };
        if has_word("@generated") {
            return Some("@generated");
        }
        if line.contains("Code generated ") && line.contains("DO NOT EDIT") {
            return Some("DO NOT EDIT");
        }
        let begin = line.trim_start_matches(['/', '*', '!', ' ']);
        let is_bindgen = begin.starts_with("automatically generated by ");
        is_bindgen.then_some("automatically generated")
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
    fn comments_are_found_between_tokens() {
        let text = "f(a, /* b /* c */ d */ \"// e\" // g\r\n, 'h' /**/)/* after */;";
        let file = file(&format!("/* before */ fn x() {{ {text} }}\r\n"));
        let Item::Fn(function) = &file.syntax.items[0] else {
            panic!("it is a function");
        };
        let comments = file.comments(&function.block);
        let comments: Vec<&str> = comments.into_iter().map(|at| &file.text[at]).collect();
        assert_eq!(
            comments,
            ["/* b /* c */ d */", "// g", "/**/", "/* after */"]
        );
    }

    #[test]
    fn generated_files_are_recognised_by_their_comment() {
        let is = |text: &str| mark_of_generated(text).is_some();
        assert!(is("// This file is @generated by prost-build.\n"));
        assert!(is("/* @generated by a tool. */\n"));
        assert!(is("// Copyright\n/*\n * @generated\n */\nfn f() {}\n"));
        assert!(is("/* automatically generated by rust-bindgen 0.69.4 */\n"));
        assert!(is("// Code generated by openapi-generator. DO NOT EDIT.\n"));
        assert!(!is("let word = \"@generated\";\n"));
        assert!(!is("/* c */\nlet word = \" @generated \";\n"));
        assert!(!is(
            "//! Finds code that is automatically generated by bindgen.\n"
        ));
        assert!(!is("// The ids are generated. Do not edit them.\n"));
    }
}
