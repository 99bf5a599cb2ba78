//! The functions of a package, and the search for them by name.

use std::collections::{HashMap, HashSet};

use super::imports::{all_names, imports, names};
use crate::functions::Function;
use crate::sources::{Package, PackageSources, SourceFile};
use crate::syntax::is_word_of_tests;

/// A package whose functions the rules look at.
pub(crate) struct Program<'a> {
    pub(crate) package: &'a Package,
    pub(crate) files: &'a [SourceFile],
    pub(crate) functions: &'a [Function<'a>],
    by_name: HashMap<&'a str, Vec<usize>>,
    /// The names of crates and modules that each file imports with `use`.
    imports: HashMap<&'a str, HashSet<Vec<String>>>,
    /// The names that the `use` declarations of each file bring in, with their full paths.
    names: HashMap<&'a str, HashMap<String, Vec<String>>>,
    /// The names that the root of the library exports with `pub use`, with the paths that they stand for.
    exports: HashMap<String, Vec<String>>,
    /// The types of the fields of each type, by their names.
    fields: HashMap<String, HashMap<String, String>>,
}

impl<'a> Program<'a> {
    pub(crate) fn new(sources: &'a PackageSources, functions: &'a [Function<'a>]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, function) in functions.iter().enumerate() {
            by_name.entry(&function.name).or_default().push(index);
        }
        let of_files = sources.files.iter();
        let imports = of_files.map(|file| (file.shown.as_str(), imports(&file.syntax)));
        let of_files = sources.files.iter();
        let names = of_files.map(|file| (file.shown.as_str(), all_names(&file.syntax)));
        Program {
            package: &sources.package,
            files: &sources.files,
            functions,
            by_name,
            imports: imports.collect(),
            names: names.collect(),
            exports: exports(&sources.files),
            fields: fields(&sources.files),
        }
    }

    /// The functions without the tests.
    pub(crate) fn of_program(&self) -> impl Iterator<Item = &'a Function<'a>> {
        self.functions.iter().filter(|function| !function.is_test)
    }

    /// Whether a function is for tests or benchmarks, by the manifest of its package, or by the name of its file, module
    /// or type.
    pub(crate) fn is_for_tests(&self, function: &Function<'_>) -> bool {
        let file = function.file.shown.rsplit('/').next().unwrap_or_default();
        let mut modules = function.module.iter();
        let container = function.container.as_ref();
        self.package.is_for_tests
            || is_word_of_tests(file.trim_end_matches(".rs"))
            || modules.any(|name| is_word_of_tests(name))
            || container.is_some_and(|container| is_word_of_tests(&snake_case(&container.name)))
    }

    /// The function that a path in `from` leads to; `None` if there are several candidates.
    pub(crate) fn resolve(&self, path: &[String], from: &Function<'_>) -> Option<&'a Function<'a>> {
        let in_library = self.in_library(path, from);
        if let Some(found) = in_library.and_then(|path| self.resolve_in_library(&path)) {
            return Some(found);
        }
        let (name, owners) = path.split_last()?;
        let named = self.by_name.get(name.as_str())?;
        let named = named.iter().map(|index| &self.functions[*index]);
        let mut fitting: Vec<&Function<'_>> = named
            .filter(|function| !function.is_test && is_behind(function, owners, from))
            .collect();
        // A function nested in this one hides those outside, and one nested in another cannot be called from here.
        if fitting.iter().any(|function| function.is_nested) {
            let around = from.file.range_of(&from.block).unwrap_or_default();
            let is_inside = |function: &&Function<'_>| {
                function.is_nested
                    && function.file.path == from.file.path
                    && around.contains(&function.start)
            };
            match fitting.iter().any(is_inside) {
                true => fitting.retain(is_inside),
                false if from.is_nested => {}
                false => fitting.retain(|function| !function.is_nested),
            }
        }
        if fitting.len() > 1 && owners.is_empty() {
            fitting.retain(|function| function.module == from.module);
        }
        // The `main.rs` files of several programs have the same module path.
        if fitting.len() > 1
            && fitting
                .iter()
                .any(|function| function.file.path == from.file.path)
        {
            fitting.retain(|function| function.file.path == from.file.path);
        }
        match fitting.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The path inside the library of this package, if an executable of the package calls the library by its name:
    /// `shop::serve`, or `serve` after `use shop::serve`.
    pub(crate) fn in_library(&self, path: &[String], from: &Function<'_>) -> Option<Vec<String>> {
        let own = self.package.name.replace('-', "_");
        let (first, rest) = path.split_first()?;
        if *first == own {
            return (!rest.is_empty()).then(|| rest.to_vec());
        }
        let mut imports = self.imports.get(from.file.shown.as_str())?.iter();
        let import = imports
            .find(|import| import.len() > 1 && import[0] == own && import.last() == Some(first))?;
        Some([&import[1..], rest].concat())
    }

    fn resolve_in_library(&self, path: &[String]) -> Option<&'a Function<'a>> {
        let (first, rest) = path.split_first()?;
        let path = match self.exports.get(first) {
            Some(exported) => [exported.as_slice(), rest].concat(),
            None => path.to_vec(),
        };
        let (name, owners) = path.split_last()?;
        let named = self.by_name.get(name.as_str())?;
        let named = named.iter().map(|index| &self.functions[*index]);
        let of_library: Vec<&Function<'_>> = named
            .filter(|function| !function.is_test && !function.is_nested)
            .filter(|function| !function.file.is_program)
            .collect();
        let only = |fits: &dyn Fn(&Function<'_>) -> bool| {
            let mut fitting = of_library.iter().filter(|function| fits(function));
            fitting.next().filter(|_| fitting.next().is_none()).copied()
        };
        let exact = only(&|function| match &function.container {
            Some(container) => owners.last() == Some(&container.name),
            None => function.module == owners,
        });
        // `pub use tools::*;` in the module.
        exact.or_else(|| {
            only(&|function| function.container.is_none() && function.module.starts_with(owners))
        })
    }

    /// Whether a method of the program has this name and takes as many arguments.
    pub(crate) fn may_have_method(&self, name: &str, arguments: usize) -> bool {
        self.named(name).any(|function| {
            function.signature.receiver().is_some()
                && function.signature.inputs.len() == arguments + 1
        })
    }

    /// The type of a field, if a struct of this package declares it.
    pub(crate) fn field_type(&self, owner: &str, field: &str) -> Option<String> {
        self.fields.get(owner)?.get(field).cloned()
    }

    /// The functions and methods of this name, whatever the type.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &'a Function<'a>> + Clone {
        let named = self.by_name.get(name).into_iter().flatten();
        named
            .map(|index| &self.functions[*index])
            .filter(|function| !function.is_test)
    }

    /// Whether the file of the function imports this name, from any path.
    pub(crate) fn imports_name(&self, function: &Function<'_>, name: &str) -> bool {
        let imports = self.imports.get(function.file.shown.as_str());
        imports.is_some_and(|imports| {
            let mut imports = imports.iter();
            imports.any(|import| import.len() > 1 && import.last().is_some_and(|last| last == name))
        })
    }

    /// A path with what a `use` declaration of the file says of its first name: `tokio::spawn` of `rt::spawn`, after
    /// `use tokio as rt`.
    pub(crate) fn full_path(&self, path: &[String], from: &Function<'_>) -> Vec<String> {
        let names = self.names.get(from.file.shown.as_str());
        let first = names
            .zip(path.first())
            .and_then(|(names, first)| names.get(first));
        match first {
            Some(full) => [full, &path[1..]].concat(),
            None => path.to_vec(),
        }
    }

    /// Whether the file of the function imports a name from below this path: `use std::thread`.
    pub(crate) fn imports(&self, function: &Function<'_>, path: &[&str]) -> bool {
        let imports = self.imports.get(function.file.shown.as_str());
        imports.is_some_and(|imports| imports.iter().any(|import| import == path))
    }
}

/// The types of the fields of the structs of a package.
fn fields(files: &[SourceFile]) -> HashMap<String, HashMap<String, String>> {
    struct Fields(HashMap<String, HashMap<String, String>>);
    impl<'ast> syn::visit::Visit<'ast> for Fields {
        fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
            let named = item.fields.iter().filter_map(|field| {
                Some((field.ident.as_ref()?.to_string(), type_name(&field.ty)?))
            });
            self.0
                .entry(item.ident.to_string())
                .or_default()
                .extend(named);
        }

        fn visit_item_fn(&mut self, _: &'ast syn::ItemFn) {}
    }
    let mut found = Fields(HashMap::new());
    for file in files {
        syn::visit::visit_file(&mut found, &file.syntax);
    }
    found.0
}

/// What derefs to its content, or has it: pointers, and the extractors of handlers.
pub(super) const POINTERS: &[&str] = &["Arc", "Box", "Data", "Extension", "Option", "Rc", "State"];

/// The name of a type, or of what is behind a pointer or in a handler's state: `Pool` of `&Arc<Pool>`, `State<Pool>` and
/// `Arc<dyn Pool>`.
pub(crate) fn type_name(written: &syn::Type) -> Option<String> {
    match written {
        syn::Type::Reference(inner) => type_name(&inner.elem),
        syn::Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            match (name.as_str(), &last.arguments) {
                (pointer, syn::PathArguments::AngleBracketed(arguments))
                    if POINTERS.contains(&pointer) =>
                {
                    match arguments.args.first()? {
                        syn::GenericArgument::Type(inner) => type_name(inner),
                        _ => None,
                    }
                }
                _ => Some(name),
            }
        }
        syn::Type::TraitObject(object) => object.bounds.iter().find_map(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => {
                let last = bound.path.segments.last()?;
                Some(last.ident.to_string())
            }
            _ => None,
        }),
        _ => None,
    }
}

/// The `pub use` declarations in the root of the library: the path that each name stands for.
fn exports(files: &[SourceFile]) -> HashMap<String, Vec<String>> {
    let mut found = HashMap::new();
    let roots = files
        .iter()
        .filter(|file| file.module.is_empty() && !file.is_program && !file.is_test);
    for item in roots.flat_map(|file| &file.syntax.items) {
        if let syn::Item::Use(item) = item
            && matches!(item.vis, syn::Visibility::Public(_))
        {
            for (name, mut path) in names(&item.tree) {
                if matches!(path[0].as_str(), "crate" | "self") {
                    path.remove(0);
                }
                found.insert(name, path);
            }
        }
    }
    found
}

/// `http_test` of `HttpTest`.
fn snake_case(name: &str) -> String {
    let mut written = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            written.push('_');
        }
        written.extend(letter.to_lowercase());
    }
    written
}

/// Whether the last of the names before `::` is the function's module or type.
fn is_behind(function: &Function<'_>, owners: &[String], from: &Function<'_>) -> bool {
    let type_name = function
        .container
        .as_ref()
        .map(|container| container.name.as_str());
    match owners.last().map(String::as_str) {
        None => type_name.is_none(),
        Some("Self") => {
            type_name.is_some()
                && type_name == from.container.as_ref().map(|around| around.name.as_str())
        }
        Some("self" | "crate" | "super") => type_name.is_none(),
        Some(owner) => match type_name {
            Some(name) => name == owner,
            None => function.module.last().is_some_and(|module| module == owner),
        },
    }
}
