//! Removes the imports that the migration left unused, because a program that denies warnings would not compile
//! with them.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Item, ItemUse, UseTree, Visibility};

use crate::edits::FileEdits;
use crate::sources::SourceFile;

const ROOTS: &[&str] = &[
    "fastrace",
    "minitrace",
    "tracing",
    "tracing_attributes",
    "tracing_futures",
];

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

/// Whether the file imports the name, or everything, from one of the crates.
pub(super) fn has(file: &SourceFile, roots: &[&str], name: &str) -> bool {
    has_one_of(file, roots, &[name, "*"])
}

/// Whether the file imports the name itself from one of the crates.
pub(super) fn has_named(file: &SourceFile, roots: &[&str], name: &str) -> bool {
    has_one_of(file, roots, &[name])
}

/// Whether the file imports the name from a crate that is not in the list, such as `instrument` from `otel_instrument`.
pub(super) fn is_of_another(file: &SourceFile, name: &str) -> bool {
    uses(&file.syntax).iter().any(|item| {
        leaves(&item.tree, &mut Vec::new())
            .iter()
            .any(|(path, leaf)| {
                let is_known = |part: &String| {
                    ROOTS.contains(&part.as_str())
                        || matches!(part.as_str(), "crate" | "self" | "super")
                };
                name_of(leaf).as_deref() == Some(name) && !path.iter().any(is_known)
            })
    })
}

fn has_one_of(file: &SourceFile, roots: &[&str], names: &[&str]) -> bool {
    uses(&file.syntax).iter().any(|item| {
        leaves(&item.tree, &mut Vec::new()).iter().any(|(path, _)| {
            let is_one_of = |part: Option<&String>, known: &[&str]| {
                part.is_some_and(|part| known.contains(&part.as_str()))
            };
            is_one_of(path.first(), roots) && is_one_of(path.last(), names)
        })
    })
}

fn uses(file: &syn::File) -> Vec<&ItemUse> {
    struct Uses<'ast>(Vec<&'ast ItemUse>);
    impl<'ast> Visit<'ast> for Uses<'ast> {
        fn visit_item_use(&mut self, item: &'ast ItemUse) {
            self.0.push(item);
        }
    }
    let mut uses = Uses(Vec::new());
    uses.visit_file(file);
    uses.0
}

/// Removes the imports of names that the edited file does not use; `all` are the files of its package.
pub(super) fn remove_unused(file: &SourceFile, all: &[SourceFile], edits: &mut FileEdits<'_>) {
    if edits.is_empty() {
        return;
    }
    let Ok(edited) = syn::parse_file(&edits.edited()) else {
        return;
    };
    let is_used = |name: &str| {
        let names = NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(&[][..], |(_, names)| *names);
        mentioned_outside_uses(&edited, names)
    };
    for item in uses(&file.syntax) {
        if !matches!(item.vis, Visibility::Inherited) {
            continue;
        }
        let of_root = leaves(&item.tree, &mut Vec::new());
        let is_ours = of_root.iter().all(|(path, _)| {
            path.first()
                .is_some_and(|first| ROOTS.contains(&first.as_str()))
        });
        let unused = |path: &[String], leaf: &UseTree| {
            let last = path.last().map_or("", String::as_str);
            let is_replaced = NAMES.iter().any(|(name, _)| *name == last);
            is_ours
                && match is_replaced {
                    true => !is_used(last),
                    false => {
                        let name = name_of(leaf);
                        name.is_some_and(|name| lost_its_use(&name, file, &edited, all))
                    }
                }
        };
        if of_root.iter().all(|(path, leaf)| unused(path, leaf)) {
            if let Some(range) = file.range_of(item) {
                edits.replace(with_line_end(file, range), "");
            }
            continue;
        }
        remove_in(&item.tree, &mut Vec::new(), &unused, file, edits);
    }
}

/// Every name that the tree imports, with its path and its byte range.
fn leaves<'t>(tree: &'t UseTree, before: &mut Vec<String>) -> Vec<(Vec<String>, &'t UseTree)> {
    let with = |last: String| before.iter().cloned().chain([last]).collect::<Vec<_>>();
    match tree {
        UseTree::Name(name) => vec![(with(name.ident.to_string()), tree)],
        UseTree::Rename(name) => vec![(with(name.ident.to_string()), tree)],
        UseTree::Glob(_) => vec![(with("*".to_owned()), tree)],
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            let found = leaves(&path.tree, before);
            before.pop();
            found
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .flat_map(|tree| leaves(tree, before))
            .collect(),
    }
}

/// Removes the unused names from groups, with the comma after or before them.
fn remove_in(
    tree: &UseTree,
    before: &mut Vec<String>,
    unused: &dyn Fn(&[String], &UseTree) -> bool,
    file: &SourceFile,
    edits: &mut FileEdits<'_>,
) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            remove_in(&path.tree, before, unused, file, edits);
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
                    remove_in(item, before, unused, file, edits);
                }
            }
            let items: Vec<_> = group.items.iter().map(|item| file.range_of(item)).collect();
            for range in removed_ranges(&items, &removed) {
                edits.replace(range, "");
            }
        }
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

/// The range of each run of removed items: up to the next item, or, at the end, from the item before.
fn removed_ranges(items: &[Option<Range<usize>>], removed: &[bool]) -> Vec<Range<usize>> {
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
        let range = match (of(last + 1), first.checked_sub(1).and_then(of)) {
            (Some(next), _) => of(first).map(|range| range.start..next.start),
            (None, Some(before)) => of(last).map(|range| before.end..range.end),
            (None, None) => None,
        };
        found.extend(range);
        first = last + 1;
    }
    found
}

fn with_line_end(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let line = file.line(file.place(range.start).line);
    let is_alone = line.trim() == &file.text[range.clone()];
    let rest = &file.text[range.end..];
    let end = match is_alone {
        true if rest.starts_with("\r\n") => range.end + 2,
        true if rest.starts_with('\n') => range.end + 1,
        _ => range.end,
    };
    let start = match is_alone {
        true => range.start - file.indentation(range.start).len(),
        false => range.start,
    };
    start..end
}

/// The name that is imported, in this file.
fn name_of(leaf: &UseTree) -> Option<String> {
    match leaf {
        UseTree::Name(name) if name.ident != "self" => Some(name.ident.to_string()),
        UseTree::Rename(name) => Some(name.rename.to_string()),
        _ => None,
    }
}

/// Whether the file used the imported name before it was edited, and does not use it afterwards: `Level`, `info_span`.
/// A module in another file that takes everything from the one above may use it too.
fn lost_its_use(name: &str, file: &SourceFile, edited: &syn::File, all: &[SourceFile]) -> bool {
    let is_used = |file| mentioned_outside_uses(file, &[name]);
    let takes_all = |other: &&SourceFile| other.path != file.path && takes_all_from_above(other);
    is_used(&file.syntax)
        && !is_used(edited)
        && !all
            .iter()
            .filter(takes_all)
            .any(|other| is_used(&other.syntax))
}

/// `use super::*;`
fn takes_all_from_above(file: &SourceFile) -> bool {
    uses(&file.syntax).iter().any(|item| {
        let mut leaves = leaves(&item.tree, &mut Vec::new()).into_iter();
        leaves.any(|(path, _)| {
            path.first()
                .is_some_and(|first| first == "super" || first == "crate")
                && path.last().is_some_and(|last| last == "*")
        })
    })
}

/// Whether the file uses one of the names outside of `use` declarations.
fn mentioned_outside_uses(file: &syn::File, names: &[&str]) -> bool {
    fn any(tokens: TokenStream, names: &[&str]) -> bool {
        let mut in_use = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
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
                TokenTree::Ident(word) => names.iter().any(|name| word == name),
                TokenTree::Group(group) => any(group.stream(), names),
                _ => false,
            };
            if is_used {
                return true;
            }
        }
        false
    }
    fn is_punct(token: Option<&TokenTree>, expected: char) -> bool {
        matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
    }
    let is_use = |item: &&Item| !matches!(item, Item::Use(_));
    file.items
        .iter()
        .filter(is_use)
        .any(|item| any(item.to_token_stream(), names))
}
