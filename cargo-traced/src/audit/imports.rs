//! The `use` declarations of a file.

use std::collections::{HashMap, HashSet};

use syn::visit::Visit;
use syn::{ItemUse, UseTree};

/// The full paths that the `use` declarations of a file import; a glob ends in `*`.
pub(super) fn imports(file: &syn::File) -> HashSet<Vec<String>> {
    struct Imports(HashSet<Vec<String>>);
    impl<'ast> Visit<'ast> for Imports {
        fn visit_item_use(&mut self, item: &'ast ItemUse) {
            paths(&item.tree, &mut Vec::new(), &mut self.0);
        }
    }
    let mut imports = Imports(HashSet::new());
    imports.visit_file(file);
    imports.0
}

fn paths(tree: &UseTree, before: &mut Vec<String>, found: &mut HashSet<Vec<String>>) {
    let mut with = |last: String| {
        let is_module = last == "self" && !before.is_empty();
        let path = before.iter().cloned().chain((!is_module).then_some(last));
        found.insert(path.collect());
    };
    match tree {
        UseTree::Name(name) => with(name.ident.to_string()),
        UseTree::Rename(name) => with(name.ident.to_string()),
        UseTree::Glob(_) => with("*".to_owned()),
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            paths(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                paths(tree, before, found);
            }
        }
    }
}

/// The names that the `use` declarations of a file bring in, with their full paths.
pub(super) fn all_names(file: &syn::File) -> HashMap<String, Vec<String>> {
    struct Names(HashMap<String, Vec<String>>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_item_use(&mut self, item: &'ast ItemUse) {
            self.0.extend(names(&item.tree));
        }
    }
    let mut names = Names(HashMap::new());
    names.visit_file(file);
    names.0
}

/// What a `use` declaration brings in: its name here, and its full path. `self` at the end stands for the module:
/// `use tokio::task::{self, JoinSet}`, `use tokio::task::{self as background}`.
pub(super) fn names(tree: &UseTree) -> Vec<(String, Vec<String>)> {
    let written = written_names(tree).into_iter();
    let of_module = |(name, mut path): (String, Vec<String>)| {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        match name.as_str() {
            "self" => Some((path.last()?.clone(), path)),
            _ => Some((name, path)),
        }
    };
    written.filter_map(of_module).collect()
}

fn written_names(tree: &UseTree) -> Vec<(String, Vec<String>)> {
    let under = |before: &str, tree: &UseTree| {
        let with = |(name, mut path): (String, Vec<String>)| {
            path.insert(0, before.to_owned());
            (name, path)
        };
        written_names(tree).into_iter().map(with).collect()
    };
    match tree {
        UseTree::Name(name) => vec![(name.ident.to_string(), vec![name.ident.to_string()])],
        UseTree::Rename(name) => vec![(name.rename.to_string(), vec![name.ident.to_string()])],
        UseTree::Glob(_) => Vec::new(),
        UseTree::Path(path) => under(&path.ident.to_string(), &path.tree),
        UseTree::Group(group) => group.items.iter().flat_map(written_names).collect(),
    }
}
