//! Removes the imports that the migration left unused, because a program that denies warnings would not compile
//! with them.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, UseGroup, UseTree, Visibility};

use super::imports::{ROOTS, is_below_one_of, leaves, name_of, uses};
use super::included;
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
    let included = included::files(file);
    if included.iter().any(|file| file.text.is_none()) {
        // A file that cannot be read may use any of the names.
        return;
    }
    let below: Vec<&syn::File> = all
        .iter()
        .filter(|other| is_below(other.file, file) && takes_all_from_above(other.syntax))
        .map(|other| other.syntax)
        .collect();
    let is_used_elsewhere = |name: &str, mentions: Mentions<'_>| {
        let mut below = below.iter();
        let mut included = included.iter().filter_map(|file| file.text.as_ref());
        below.any(|other| !imports_itself(other, name) && mentions.are_in(&other.items))
            || included.any(|text| mentions.are_among(text.parse().unwrap_or_default()))
    };
    let mut lines = Vec::new();
    for Import { item, module } in imports(&file.syntax.items) {
        if !matches!(item.vis, Visibility::Inherited) {
            continue;
        }
        let (before, after) = (
            items_of(&file.syntax.items, &module),
            items_of(&edited.items, &module),
        );
        let unused = |path: &[String], leaf: &UseTree| {
            let Some(names) = Names::of(path, leaf) else {
                return false;
            };
            let mentions = names.mentions();
            // A name that the module never used, such as one for the modules in it, is not the migration's.
            (names.is_replaced || mentions.are_in(before.iter().copied()))
                && !mentions.are_in(after.iter().copied())
                && !is_used_elsewhere(&names.names[0], mentions)
        };
        let imported = leaves(&item.tree, &mut Vec::new());
        if imported.iter().all(|(path, leaf)| unused(path, leaf)) {
            lines.extend(file.range_of(item).map(|range| with_line(file, range)));
        } else {
            remove_in_tree(&item.tree, &mut Vec::new(), &unused, edits);
        }
    }
    for range in with_neighbours(lines) {
        edits.replace(with_empty_line(file, range), "");
    }
}

/// An import, and the inline modules that it stands in.
struct Import<'e> {
    item: &'e ItemUse,
    module: Vec<String>,
}

fn imports(items: &[Item]) -> Vec<Import<'_>> {
    struct Imports<'e> {
        found: Vec<Import<'e>>,
        module: Vec<String>,
    }
    impl<'e> Visit<'e> for Imports<'e> {
        fn visit_item_use(&mut self, item: &'e ItemUse) {
            self.found.push(Import {
                item,
                module: self.module.clone(),
            });
        }

        fn visit_item_mod(&mut self, item: &'e ItemMod) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }
    let mut imports = Imports {
        found: Vec::new(),
        module: Vec::new(),
    };
    for item in items {
        imports.visit_item(item);
    }
    imports.found
}

/// The items of an inline module, and of all others of its name, of which a `cfg` chooses one.
fn items_of<'e>(items: &'e [Item], module: &[String]) -> Vec<&'e Item> {
    let Some((first, rest)) = module.split_first() else {
        return items.iter().collect();
    };
    let named = items.iter().filter_map(|item| match item {
        Item::Mod(item) if item.ident == *first => item.content.as_ref(),
        _ => None,
    });
    let mut named = named.peekable();
    if named.peek().is_none() {
        // It stands in a function, whose module is searched as a whole.
        return items.iter().collect();
    }
    named.flat_map(|(_, items)| items_of(items, rest)).collect()
}

/// The names whose mention is a use of an import.
struct Names {
    names: Vec<String>,
    kind: Kind,
    /// Whether the migration replaces what it is for, so that it is removed also where it was not used before.
    is_replaced: bool,
}

impl Names {
    /// `None` if the import is none of the migration's.
    fn of(path: &[String], leaf: &UseTree) -> Option<Self> {
        let (last, before) = path.split_last()?;
        let is_renamed = matches!(leaf, UseTree::Rename(_));
        let is_crate = before.is_empty() && ROOTS.contains(&last.as_str());
        let is_known = is_below_one_of(path, ROOTS) || (is_crate && is_renamed);
        if !is_known {
            return None;
        }
        let name = match leaf {
            UseTree::Rename(renamed) if renamed.rename != "_" => Some(renamed.rename.to_string()),
            UseTree::Name(name) if name.ident == "self" => before.last().cloned(),
            _ => None,
        };
        let replaced = NAMES.iter().find(|(name, _)| name == last);
        let mut names: Vec<String> = name.clone().into_iter().collect();
        if let Some((_, replaced)) = replaced
            && (name.is_none() || last == "Instrument")
        {
            names.extend(replaced.iter().map(|name| (*name).to_owned()));
        }
        if names.is_empty() {
            names.extend(name_of(leaf));
        }
        let kind = match (last.as_str(), before.last().map(String::as_str)) {
            ("Instrument", _) => Kind::Any,
            _ if replaced.is_some() => Kind::Attribute,
            (_, Some("field")) if last != "self" => Kind::Function,
            ("span", _) => Kind::Macro,
            _ => Kind::Any,
        };
        (!names.is_empty()).then_some(Names {
            is_replaced: replaced.is_some(),
            names,
            kind,
        })
    }

    fn mentions(&self) -> Mentions<'_> {
        Mentions {
            names: &self.names,
            kind: self.kind,
        }
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

/// The range with its line, if nothing else is on it.
fn with_line(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let (text, newline) = (&file.text, file.newline());
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let is_alone =
        text[start..range.start].trim().is_empty() && text[range.end..].starts_with(newline);
    match is_alone {
        true => start..range.end + newline.len(),
        false => range,
    }
}

/// The ranges, with those that follow each other as one.
fn with_neighbours(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut found: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match found.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => found.push(range),
        }
    }
    found
}

/// Removed lines, with one of the two empty lines that would be left.
fn with_empty_line(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let (text, newline) = (&file.text, file.newline());
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let is_whole = before.is_empty() || before.ends_with('\n');
    let is_after_empty_line = before.trim().is_empty()
        || before.ends_with(&newline.repeat(2))
        || before.trim_end().ends_with('{');
    let is_removed = is_whole && text[..range.end].ends_with('\n');
    match is_removed && is_after_empty_line && after.starts_with(newline) {
        true => range.start..range.end + newline.len(),
        false => range,
    }
}

/// Uses of names outside of `use` declarations.
#[derive(Clone, Copy)]
struct Mentions<'n> {
    names: &'n [String],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    /// `.instrument(..)` is no use of the attribute `tracing::instrument`.
    Attribute,
    /// `debug!(..)` is no use of the function `tracing::field::debug`.
    Function,
    /// A variable `span` is no use of the macro `tracing::span`, nor of the module.
    Macro,
}

impl Mentions<'_> {
    fn are_in<'e>(self, items: impl IntoIterator<Item = &'e Item>) -> bool {
        let is_use = |item: &&Item| !matches!(item, Item::Use(_));
        let mut items = items.into_iter().filter(is_use);
        items.any(|item| self.are_among(item.to_token_stream()))
    }

    fn are_among(self, tokens: TokenStream) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut in_use = false;
        for (at, token) in tokens.iter().enumerate() {
            let is_used = match token {
                TokenTree::Ident(word) if word == "use" => {
                    // `impl Trait + use<'a>` captures precisely, and imports nothing.
                    in_use = !is_punct(tokens.get(at + 1), '<');
                    false
                }
                TokenTree::Punct(end) if end.as_char() == ';' => {
                    in_use = false;
                    false
                }
                _ if in_use => false,
                TokenTree::Ident(word) => {
                    self.names.iter().any(|name| word == name) && self.is_use(&tokens, at)
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

    /// Whether the name at this place may be that of the import.
    fn is_use(self, tokens: &[TokenTree], at: usize) -> bool {
        let before = |count: usize| at.checked_sub(count).and_then(|at| tokens.get(at));
        let next = tokens.get(at + 1);
        if let Some(TokenTree::Ident(krate)) = before(3)
            && krate == "traced"
            && is_punct(before(1), ':')
        {
            return false;
        }
        match self.kind {
            Kind::Any => true,
            Kind::Attribute => !is_punct(before(1), '.'),
            Kind::Function => !is_punct(next, '!'),
            Kind::Macro => is_punct(next, '!') || is_punct(next, ':'),
        }
    }
}

fn is_punct(token: Option<&TokenTree>, expected: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
}
