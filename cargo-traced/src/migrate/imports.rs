//! What a file imports.

use syn::visit::Visit;
use syn::{Item, ItemUse, UseTree, Visibility};

use crate::sources::SourceFile;
use crate::syntax::segments;

/// The crates whose imports the migration removes, by their own name or behind the name of a crate that exports them.
pub(super) const ROOTS: &[&str] = &[
    "fastrace",
    "minitrace",
    "tracing",
    "tracing_attributes",
    "tracing_futures",
];

/// Whether the file imports the name, or everything, from one of the crates.
pub(super) fn has(file: &SourceFile, roots: &[&str], name: &str) -> bool {
    has_one_of(file, roots, &[name, "*"])
}

/// Whether the file imports the name itself from one of the crates.
pub(super) fn has_named(file: &SourceFile, roots: &[&str], name: &str) -> bool {
    has_one_of(file, roots, &[name])
}

/// Whether the file imports anything from one of the crates.
pub(super) fn has_any(file: &SourceFile, roots: &[&str]) -> bool {
    uses(&file.syntax).iter().any(|item| {
        let leaves = leaves(&item.tree, &mut Vec::new());
        leaves.iter().any(|(path, _)| is_below_one_of(path, roots))
    })
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
            is_below_one_of(path, roots)
                && path
                    .last()
                    .is_some_and(|last| names.contains(&last.as_str()))
        })
    })
}

/// `tracing::instrument`, and `wiggle::tracing::instrument` of a crate that exports `tracing`.
pub(super) fn is_below_one_of(path: &[String], roots: &[&str]) -> bool {
    let before = path.split_last().map_or(path, |(_, before)| before);
    before.iter().any(|part| roots.contains(&part.as_str()))
}

/// The names that a file gives to the crates and to what they export: `use tracing as t`,
/// `use tracing::instrument as inst`, each with its path.
#[derive(Default)]
pub(super) struct Renamed(Vec<(String, Vec<String>)>);

impl Renamed {
    pub(super) fn by(file: &SourceFile) -> Self {
        let mut found = Vec::new();
        for item in uses(&file.syntax) {
            for (mut path, leaf) in leaves(&item.tree, &mut Vec::new()) {
                path.retain(|part| part != "self");
                if let UseTree::Rename(name) = leaf
                    && path.iter().any(|part| ROOTS.contains(&part.as_str()))
                {
                    found.push((name.rename.to_string(), path));
                }
            }
        }
        for item in &file.syntax.items {
            if let Item::ExternCrate(item) = item
                && let Some((_, name)) = &item.rename
                && ROOTS.contains(&item.ident.to_string().as_str())
            {
                found.push((name.to_string(), vec![item.ident.to_string()]));
            }
        }
        Renamed(found)
    }

    /// The segments of a path, with the names that it begins with in the crate.
    pub(super) fn resolved(&self, path: &syn::Path) -> Vec<String> {
        let mut path = segments(path);
        let renamed = self.0.iter().find(|(name, _)| path.first() == Some(name));
        if let Some((_, meant)) = renamed {
            path.splice(..1, meant.iter().cloned());
        }
        path
    }
}

/// Whether a file of the package exports the attribute for other modules: `pub use tracing::instrument`.
pub(super) fn exports(file: &SourceFile, name: &str) -> bool {
    let uses = uses(&file.syntax).into_iter();
    let mut exported = uses.filter(|item| !matches!(item.vis, Visibility::Inherited));
    exported.any(|item| {
        let leaves = leaves(&item.tree, &mut Vec::new());
        leaves.iter().any(|(path, leaf)| {
            is_below_one_of(path, ROOTS)
                && path.last().is_some_and(|last| last == name)
                && name_of(leaf).as_deref() == Some(name)
        })
    })
}

pub(super) fn uses(file: &syn::File) -> Vec<&ItemUse> {
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

/// Every name that the tree imports, with its path.
pub(super) fn leaves<'t>(
    tree: &'t UseTree,
    before: &mut Vec<String>,
) -> Vec<(Vec<String>, &'t UseTree)> {
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

/// The name that is imported, in this file.
pub(super) fn name_of(leaf: &UseTree) -> Option<String> {
    match leaf {
        UseTree::Name(name) if name.ident != "self" => Some(name.ident.to_string()),
        UseTree::Rename(name) => Some(name.rename.to_string()),
        _ => None,
    }
}
