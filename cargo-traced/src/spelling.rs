//! How the attributes of `traced` are written in a package.

use syn::Item;

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
        let is_module = |item: &Item| matches!(item, Item::Mod(module) if module.ident == name);
        let is_shadowed = package
            .files
            .iter()
            .any(|file| file.syntax.items.iter().any(is_module));
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
