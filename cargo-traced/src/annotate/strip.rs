//! Removes exactly what `annotate` writes.

use syn::visit::{self, Visit};
use syn::{Attribute, ItemUse, Meta, UseTree};

use crate::detach;
use crate::edits::FileEdits;
use crate::sources::{PackageSources, SourceFile};
use crate::spelling::Spelling;
use crate::syntax::segments;

/// The edits that remove the attributes that `annotate` writes, recognised by their text. With `all`, they remove
/// every attribute of ours.
pub(super) fn edits<'a>(package: &'a PackageSources, all: bool) -> Vec<FileEdits<'a>> {
    let spelling = Spelling::of(package);
    let written = ["traced", "traced_spawn"].map(|name| format!("#[{}]", spelling.meta(name, "")));
    let detached = format!("#[{}]", spelling.path(detach::ATTRIBUTE));
    let is_written = |text: &str| written.iter().chain([&detached]).any(|known| known == text);
    let of_file = |file: &'a SourceFile| {
        strip(file, &|attribute| {
            is_written(file.written(attribute)) || (all && is_ours(attribute, file, package))
        })
    };
    package.files.iter().map(of_file).collect()
}

struct Attributes<'ast>(Vec<&'ast Attribute>);

impl<'ast> Visit<'ast> for Attributes<'ast> {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.0.push(attribute);
        visit::visit_attribute(self, attribute);
    }
}

/// Whether an attribute is one of ours, and not one of this name of another crate.
fn is_ours(attribute: &Attribute, file: &SourceFile, package: &PackageSources) -> bool {
    let dependencies = &package.package.dependencies;
    let krate = dependencies.crate_name("traced").unwrap_or("traced");
    let path = segments(attribute.path());
    let Some((last, before)) = path.split_last() else {
        return false;
    };
    let is_of_crate = |path: &[String]| match path.first() {
        // A crate that exports ours is another one with ours behind it.
        Some(first) => {
            path.iter().any(|part| part == krate || part == "traced")
                || !dependencies.has_crate(first)
        }
        None => true,
    };
    (last == "traced" || last == "traced_spawn")
        && matches!(attribute.meta, Meta::Path(_) | Meta::List(_))
        && match before.is_empty() {
            true => imports_of(file, last).iter().all(|path| is_of_crate(path)),
            false => is_of_crate(before),
        }
}

/// The paths from which a file imports a name, without the name.
fn imports_of(file: &SourceFile, name: &str) -> Vec<Vec<String>> {
    struct Imports<'n> {
        name: &'n str,
        found: Vec<Vec<String>>,
    }
    fn add(tree: &UseTree, before: &[String], name: &str, found: &mut Vec<Vec<String>>) {
        match tree {
            UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                add(&path.tree, &before, name, found);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    add(tree, before, name, found);
                }
            }
            UseTree::Name(leaf) if leaf.ident == name => found.push(before.to_vec()),
            UseTree::Rename(leaf) if leaf.rename == name => found.push(before.to_vec()),
            _ => {}
        }
    }
    impl<'ast> Visit<'ast> for Imports<'_> {
        fn visit_item_use(&mut self, item: &'ast ItemUse) {
            add(&item.tree, &[], self.name, &mut self.found);
        }
    }
    let mut imports = Imports {
        name,
        found: Vec::new(),
    };
    imports.visit_file(&file.syntax);
    imports.found
}

/// Removes each attribute together with the line break and the indentation that were inserted after it.
fn strip<'a>(file: &'a SourceFile, is_stripped: &dyn Fn(&Attribute) -> bool) -> FileEdits<'a> {
    let mut attributes = Attributes(Vec::new());
    attributes.visit_file(&file.syntax);
    let mut edits = FileEdits::new(file);
    for attribute in attributes
        .0
        .iter()
        .filter(|attribute| is_stripped(attribute))
    {
        let Some(range) = file.range_of(attribute) else {
            continue;
        };
        let rest = &file.text[range.end..];
        let after = rest.trim_start_matches([' ', '\t']);
        let after = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix('\n'))
            .unwrap_or(after);
        let after = after.trim_start_matches([' ', '\t']);
        let end = file.text.len() - after.len();
        edits.replace(range.start..end, "");
    }
    edits
}
