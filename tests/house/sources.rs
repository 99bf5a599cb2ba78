//! The modules of a crate, and the modules that each of them uses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// A module path without the crate, such as `["spawn", "table"]`; the root is empty.
pub(crate) type ModulePath = Vec<String>;

pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) uses: Vec<Use>,
}

/// A use of another module: a path that starts with `crate`, `self` or `super`.
pub(crate) struct Use {
    /// The module that the path leads to.
    pub(crate) target: ModulePath,
    pub(crate) line: usize,
}

/// The root folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads every module of the crate in `folder`, without its tests.
///
/// A re-export is not a use, and a use of a re-exported name is a use of the module that defines
/// the name.
pub(crate) fn modules(folder: &str) -> BTreeMap<ModulePath, Module> {
    let folder = root().join(folder);
    let mut files = Vec::new();
    rust_files(&folder, &mut files);
    let found = files.into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let syntax =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut paths = Paths::default();
        paths.visit_file(&syntax);
        (module_path(&file, &folder), (file, paths))
    });
    let found: BTreeMap<ModulePath, (PathBuf, Paths)> = found.collect();
    let resolve = |module: &ModulePath, path: &[String]| target(module, path, &found);
    let modules = found.iter().map(|(module, (file, paths))| {
        let targets = paths.used.iter().filter_map(|(path, line)| {
            let target = resolve(module, path)?;
            (target != *module).then_some(Use {
                target,
                line: *line,
            })
        });
        let uses = targets.collect();
        let file = file.clone();
        (module.clone(), Module { file, uses })
    });
    modules.collect()
}

/// The module that a path in `module` leads to, through re-exports; `None` for another crate.
fn target(
    module: &ModulePath,
    path: &[String],
    found: &BTreeMap<ModulePath, (PathBuf, Paths)>,
) -> Option<ModulePath> {
    let (first, rest) = path.split_first()?;
    let mut reached = match first.as_str() {
        "crate" => Vec::new(),
        "self" => module.clone(),
        "super" => module[..module.len().saturating_sub(1)].to_vec(),
        _ => return None,
    };
    for segment in rest {
        let below = with(&reached, segment.clone());
        let (_, paths) = &found[&reached];
        let exported = paths
            .exported
            .iter()
            .find(|path| path.last() == Some(segment));
        match (segment.as_str(), exported) {
            ("super", _) => drop(reached.pop()),
            _ if found.contains_key(&below) => reached = below,
            (_, Some(exported)) => return target(&reached, exported, found),
            _ => break,
        }
    }
    Some(reached)
}

/// Modules that are compiled for tests alone.
const TESTS: &[&str] = &["false_positives", "fuzz", "snapshot", "tests"];

pub(crate) fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default();
        let is_test = TESTS.iter().any(|test| name == *test);
        if is_test {
            continue;
        }
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_path(file: &Path, folder: &Path) -> ModulePath {
    let relative = file.strip_prefix(folder).unwrap().with_extension("");
    let segments = relative
        .iter()
        .map(|part| part.to_string_lossy().into_owned());
    let segments: ModulePath = segments.collect();
    match segments.as_slice() {
        [root] if root == "lib" || root == "main" => Vec::new(),
        _ => segments,
    }
}

/// Collects the paths in a file.
#[derive(Default)]
struct Paths {
    /// The used paths with their lines.
    used: Vec<(Vec<String>, usize)>,
    /// The paths that are re-exported under their last name.
    exported: Vec<Vec<String>>,
}

impl Paths {
    fn note(&mut self, path: &[String], place: Span) {
        self.used.push((path.to_vec(), place.start().line));
    }

    fn note_tree(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.note_tree(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.note_tree(tree, before);
                }
            }
            UseTree::Name(name) if name.ident == "self" => self.note(before, tree.span()),
            UseTree::Name(name) => self.note(&with(before, name.ident.to_string()), tree.span()),
            UseTree::Rename(name) => self.note(&with(before, name.ident.to_string()), tree.span()),
            UseTree::Glob(_) => self.note(before, tree.span()),
        }
    }
}

fn with(before: &[String], last: String) -> Vec<String> {
    before.iter().cloned().chain([last]).collect()
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let used = self.used.len();
        self.note_tree(&item.tree, &mut Vec::new());
        if !matches!(item.vis, Visibility::Inherited) {
            let exported = self.used.drain(used..).map(|(path, _)| path);
            self.exported.extend(exported);
        }
    }

    // The path in `pub(crate)` and `pub(super)` is not a use.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        // In an inline module, `super` is the module of the file.
        if item.content.is_none() {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.note(&segments.collect::<Vec<_>>(), path.span());
        visit::visit_path(self, path);
    }
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let words = match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string(),
            _ => String::new(),
        };
        words == "test"
    })
}
