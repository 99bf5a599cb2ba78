//! How the attributes of `traced` are written in a package.

use syn::visit::{self, Visit};
use syn::{File, ItemMod, ItemUse, UseTree};

use crate::sources::PackageSources;

/// How the attribute is written in a package, so that it always resolves.
pub(crate) struct Spelling {
    krate: String,
    /// `crate = path`, where the package knows `traced` by another name.
    renamed: bool,
}

impl Spelling {
    /// A path needs no `use`, and a path that begins with `::` cannot lead to a module of the package.
    pub(crate) fn of(package: &PackageSources) -> Self {
        let name = package
            .package
            .dependencies
            .crate_name("traced")
            .unwrap_or("traced");
        let is_shadowed = package
            .files
            .iter()
            .any(|file| has_module(&file.syntax, name));
        Spelling {
            krate: if is_shadowed {
                format!("::{name}")
            } else {
                name.to_owned()
            },
            renamed: name != "traced",
        }
    }

    /// The path of an item of the crate, such as `carry` or `span!`.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}::{name}", self.krate)
    }

    /// `traced::traced(args)`, without `#[` and `]`.
    pub(crate) fn meta(&self, name: &str, args: &str) -> String {
        let mut args: Vec<String> = Some(args.to_owned())
            .filter(|args| !args.is_empty())
            .into_iter()
            .collect();
        if self.renamed {
            args.push(format!("crate = {}", self.krate));
        }
        match args.is_empty() {
            true => self.path(name),
            false => format!("{}({})", self.path(name), args.join(", ")),
        }
    }
}

/// Whether a file declares a module of this name, at any depth, or imports something of this name from elsewhere than the
/// crate.
fn has_module(file: &File, name: &str) -> bool {
    struct Modules<'n> {
        name: &'n str,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Modules<'_> {
        fn visit_item_mod(&mut self, module: &'ast ItemMod) {
            self.found |= module.ident == self.name;
            visit::visit_item_mod(self, module);
        }

        fn visit_item_use(&mut self, item: &'ast ItemUse) {
            self.found |= match &item.tree {
                // `use traced::traced;`
                UseTree::Path(path) if path.ident == self.name => false,
                UseTree::Name(_) => false,
                tree => imports(tree, self.name),
            };
        }
    }
    let mut modules = Modules { name, found: false };
    modules.visit_file(file);
    modules.found
}

fn imports(tree: &UseTree, name: &str) -> bool {
    match tree {
        UseTree::Name(leaf) => leaf.ident == name,
        UseTree::Rename(leaf) => leaf.rename == name,
        UseTree::Path(path) => imports(&path.tree, name),
        UseTree::Group(group) => group.items.iter().any(|tree| match tree {
            UseTree::Path(path) if path.ident == name => false,
            tree => imports(tree, name),
        }),
        UseTree::Glob(_) => false,
    }
}
