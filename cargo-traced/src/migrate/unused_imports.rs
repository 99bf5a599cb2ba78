//! Removes the imports that the migration left unused, because a program that denies warnings would not compile
//! with them.

use std::mem;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, UseGroup, UseTree, Visibility};

use super::imports::{ROOTS, is_below_one_of, leaves, name_of, uses};
use crate::edits::FileEdits;
use crate::sources::SourceFile;

/// Names of the other crates whose uses the migration replaces.
const NAMES: &[(&str, &[&str])] = &[
    ("instrument", &["instrument"]),
    ("trace", &["trace"]),
    (
        "Instrument",
        &[
            "instrument",
            "in_current_span",
            "Instrument",
            "Instrumented",
        ],
    ),
];

/// A file as it will be.
struct Edited<'e> {
    file: &'e SourceFile,
    syntax: &'e syn::File,
}

/// Removes the imports of names that the edited files do not use; the files are those of a package.
pub(super) fn remove(all: &mut [FileEdits<'_>]) {
    let edited: Vec<Option<syn::File>> = all
        .iter()
        .map(|edits| match edits.is_empty() {
            true => None,
            false => syn::parse_file(&edits.edited()).ok(),
        })
        .collect();
    let files: Vec<Edited<'_>> = all
        .iter()
        .zip(&edited)
        .map(|(edits, edited)| Edited {
            file: edits.file,
            syntax: edited.as_ref().unwrap_or(&edits.file.syntax),
        })
        .collect();
    for (edits, edited) in all.iter_mut().zip(&edited) {
        if let Some(edited) = edited {
            remove_in_file(edits, edited, &files);
        }
    }
}

fn remove_in_file(edits: &mut FileEdits<'_>, edited: &syn::File, all: &[Edited<'_>]) {
    let file = edits.file;
    let below: Vec<&syn::File> = all
        .iter()
        .filter(|other| is_below(other.file, file) && takes_all_from_above(other.syntax))
        .map(|other| other.syntax)
        .collect();
    let is_used_below = |name: &str, mentions: Mentions<'_>| {
        let mut below = below.iter();
        below.any(|other| !imports_itself(other, name) && mentions.are_in(other))
    };
    let unused = |path: &[String], leaf: &UseTree| {
        if !is_below_one_of(path, ROOTS) {
            return false;
        }
        let last = path.last().map_or("", String::as_str);
        if let Some((_, names)) = NAMES.iter().find(|(name, _)| *name == last) {
            let kind = match last {
                "Instrument" => Kind::Any,
                _ => Kind::Attribute,
            };
            let mentions = Mentions { names, kind };
            return !mentions.are_in(edited) && !is_used_below(last, mentions);
        }
        // A name that the file never used, such as one for the modules in it, is not the migration's.
        name_of(leaf).is_some_and(|name| {
            let mentions = Mentions {
                names: &[name.as_str()],
                kind: match path {
                    [.., owner, _] if owner == "field" => Kind::Function,
                    _ => Kind::Any,
                },
            };
            mentions.are_in(&file.syntax)
                && !mentions.are_in(edited)
                && !is_used_below(&name, mentions)
        })
    };
    for item in uses(&file.syntax) {
        if !matches!(item.vis, Visibility::Inherited) {
            continue;
        }
        let imported = leaves(&item.tree, &mut Vec::new());
        if imported.iter().all(|(path, leaf)| unused(path, leaf)) {
            if let Some(range) = file.range_of(item) {
                edits.replace(with_line_end(file, range), "");
            }
            continue;
        }
        remove_in_tree(&item.tree, &mut Vec::new(), &unused, edits);
    }
}

/// Whether the file is that of a module inside the module of the other, which sees what that one imports.
fn is_below(file: &SourceFile, other: &SourceFile) -> bool {
    file.module.len() > other.module.len() && file.module.starts_with(&other.module)
}

/// `use super::*;`
fn takes_all_from_above(file: &syn::File) -> bool {
    uses(file).iter().any(|item| {
        let mut leaves = leaves(&item.tree, &mut Vec::new()).into_iter();
        leaves.any(|(path, _)| {
            path.first()
                .is_some_and(|first| first == "super" || first == "crate")
                && path.last().is_some_and(|last| last == "*")
        })
    })
}

/// Whether the file imports the name by itself, which goes before one that it takes with all others.
fn imports_itself(file: &syn::File, name: &str) -> bool {
    uses(file).iter().any(|item| {
        let leaves = leaves(&item.tree, &mut Vec::new());
        leaves
            .iter()
            .any(|(_, leaf)| name_of(leaf).as_deref() == Some(name))
    })
}

/// Removes the unused names from groups, and the braces around a name that is left alone.
fn remove_in_tree(
    tree: &UseTree,
    before: &mut Vec<String>,
    unused: &dyn Fn(&[String], &UseTree) -> bool,
    edits: &mut FileEdits<'_>,
) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            remove_in_tree(&path.tree, before, unused, edits);
            before.pop();
        }
        UseTree::Group(group) => {
            let removed: Vec<bool> = group
                .items
                .iter()
                .map(|tree| {
                    leaves(tree, before)
                        .iter()
                        .all(|(path, leaf)| unused(path, leaf))
                })
                .collect();
            for (index, item) in group.items.iter().enumerate() {
                if !removed[index] {
                    remove_in_tree(item, before, unused, edits);
                }
            }
            if removed.contains(&true) {
                for range in removed_ranges(group, &removed, edits.file) {
                    edits.replace(range, "");
                }
            }
        }
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

fn removed_ranges(group: &UseGroup, removed: &[bool], file: &SourceFile) -> Vec<Range<usize>> {
    if let Some(ranges) = around_the_only_one(group, removed, file) {
        return ranges.into();
    }
    runs(group, removed, file)
}

fn has_comment(text: &str) -> bool {
    text.contains("//") || text.contains("/*")
}

/// What is around the only name that stays, with the braces: `{instrument, debug}` → `debug`.
///
/// There is none where the name needs them, as `self` does, or where a comment is among them.
fn around_the_only_one(
    group: &UseGroup,
    removed: &[bool],
    file: &SourceFile,
) -> Option<[Range<usize>; 2]> {
    let mut kept = group
        .items
        .iter()
        .zip(removed)
        .filter_map(|(item, removed)| (!removed).then_some(item));
    let (Some(only), None) = (kept.next(), kept.next()) else {
        return None;
    };
    if matches!(only, UseTree::Name(name) if name.ident == "self")
        || matches!(only, UseTree::Rename(name) if name.ident == "self")
    {
        return None;
    }
    let (whole, item) = (file.range_of(group)?, file.range_of(only)?);
    let ranges = [whole.start..item.start, item.end..whole.end];
    let is_commented = |range: &Range<usize>| has_comment(&file.text[range.clone()]);
    (!ranges.iter().any(is_commented)).then_some(ranges)
}

/// The range of each run of removed items: up to the next item, or, at the end, from the item before.
fn runs(group: &UseGroup, removed: &[bool], file: &SourceFile) -> Vec<Range<usize>> {
    let items: Vec<_> = group.items.iter().map(|item| file.range_of(item)).collect();
    let mut found = Vec::new();
    let mut first = 0;
    while first < items.len() {
        let last = (first..items.len())
            .take_while(|index| removed[*index])
            .last();
        let Some(last) = last else {
            first += 1;
            continue;
        };
        let of = |index: usize| items.get(index).cloned().flatten();
        if let (Some(from), Some(to)) = (of(first), of(last)) {
            let before = first.checked_sub(1).and_then(of);
            found.extend(match (of(last + 1), before) {
                (Some(next), _) => Some(from.start..end_before(to.end..next.start, file)),
                (None, Some(before)) => Some(before.end..to.end),
                (None, None) => None,
            });
        }
        first = last + 1;
    }
    found
}

/// The end of a removed item: that of the text up to the next one, or that of the comma, if a comment is between
/// them, as it is about the next one.
fn end_before(between: Range<usize>, file: &SourceFile) -> usize {
    let text = &file.text[between.clone()];
    match text.find(',').filter(|_| has_comment(text)) {
        Some(comma) => between.start + comma + 1,
        None => between.end,
    }
}

/// The range with its line, if nothing else is on it, and with one of the two empty lines that would be left.
fn with_line_end(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let text = &file.text;
    let newline = file.newline();
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let is_alone =
        text[start..range.start].trim().is_empty() && text[range.end..].starts_with(newline);
    if !is_alone {
        return range;
    }
    let end = range.end + newline.len();
    let before = &text[..start];
    let is_after_empty_line = before.is_empty() || before.ends_with(&newline.repeat(2));
    match is_after_empty_line && text[end..].starts_with(newline) {
        true => start..end + newline.len(),
        false => start..end,
    }
}

/// Uses of names outside of `use` declarations.
#[derive(Clone, Copy)]
struct Mentions<'n> {
    names: &'n [&'n str],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    /// `.instrument(..)` is no use of the attribute `tracing::instrument`.
    Attribute,
    /// `debug!(..)` is no use of the function `tracing::field::debug`.
    Function,
}

impl Mentions<'_> {
    fn are_in(self, file: &syn::File) -> bool {
        let is_use = |item: &&Item| !matches!(item, Item::Use(_));
        let mut items = file.items.iter().filter(is_use);
        items.any(|item| self.are_among(item.to_token_stream()))
    }

    fn are_among(self, tokens: TokenStream) -> bool {
        let (mut in_use, mut is_method) = (false, false);
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let is_after_dot = mem::replace(&mut is_method, is_punct(Some(&token), '.'));
            let is_used = match token {
                TokenTree::Ident(word) if word == "use" => {
                    // `impl Trait + use<'a>` captures precisely, and imports nothing.
                    in_use = !is_punct(tokens.peek(), '<');
                    false
                }
                TokenTree::Punct(end) if end.as_char() == ';' => {
                    in_use = false;
                    false
                }
                _ if in_use => false,
                TokenTree::Ident(word) => {
                    let is_of_another = match self.kind {
                        Kind::Any => false,
                        Kind::Attribute => is_after_dot,
                        Kind::Function => is_punct(tokens.peek(), '!'),
                    };
                    !is_of_another && self.names.iter().any(|name| word == name)
                }
                TokenTree::Group(group) => self.are_among(group.stream()),
                _ => false,
            };
            if is_used {
                return true;
            }
        }
        false
    }
}

fn is_punct(token: Option<&TokenTree>, expected: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
}
