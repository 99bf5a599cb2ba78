//! Finds the files of a target: its root, and those that `mod name;` declares.

use std::fs;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Item, ItemMod, Lit, Meta, Token};

use super::file::Unread;
use super::modules;
use super::{Package, Skipped, SourceFile, TargetRoot, Visited, shown};
use crate::syntax::is_test_only;

/// A walk over the modules of a package's targets.
pub(super) struct Walk<'a> {
    package: &'a Package,
    target_directory: &'a Path,
    workspace: &'a Path,
    bar: &'a ProgressBar,
    visited: Visited,
    files: Vec<SourceFile>,
    skipped: Vec<Skipped>,
}

/// A module's file: the places to look for it, and the facts known from its declaration.
struct Wanted {
    path: PathBuf,
    module: Vec<String>,
    /// The folder of its own modules.
    folder: PathBuf,
    is_test: bool,
    is_program: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        package: &'a Package,
        target_directory: &'a Path,
        workspace: &'a Path,
        bar: &'a ProgressBar,
    ) -> Self {
        Walk {
            package,
            target_directory,
            workspace,
            bar,
            visited: Visited::new(),
            files: Vec::new(),
            skipped: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Vec<SourceFile>, Vec<Skipped>) {
        (self.files, self.skipped)
    }

    pub(super) fn root(&mut self, root: &TargetRoot) {
        self.bar.inc_length(1);
        let folder = root.path.parent().unwrap_or(Path::new("")).to_owned();
        self.read(Wanted {
            path: root.path.clone(),
            module: Vec::new(),
            folder,
            is_test: root.is_test,
            is_program: root.is_program,
        });
    }

    fn read(&mut self, wanted: Wanted) {
        self.bar.set_message(shown(&wanted.path, self.workspace));
        self.read_file(wanted);
        self.bar.inc(1);
    }

    fn read_file(&mut self, wanted: Wanted) {
        let identity = wanted
            .path
            .canonicalize()
            .unwrap_or_else(|_| wanted.path.clone());
        if !self.visited.insert(identity.clone()) {
            return;
        }
        let read = match self.reason_to_skip(&wanted.path, &identity) {
            Some(why) => Err(Unread::from(why)),
            None => SourceFile::read(
                &wanted.path,
                shown(&wanted.path, self.workspace),
                wanted.module.clone(),
            ),
        };
        match read {
            Err(Unread { why, modules }) => {
                let modules = declared(&modules, &wanted, wanted.is_test, false);
                self.skipped.push(Skipped {
                    path: wanted.path,
                    why,
                });
                self.read_all(modules);
            }
            Ok(mut file) => {
                file.is_test = wanted.is_test || is_test_only(&file.syntax.attrs);
                file.is_program = wanted.is_program;
                let is_test = file.is_test;
                let modules = declared(&file.syntax.items, &wanted, is_test, false);
                self.files.push(file);
                self.read_all(modules);
            }
        }
    }

    fn read_all(&mut self, modules: Vec<Wanted>) {
        self.bar.inc_length(modules.len() as u64);
        for module in modules {
            self.read(module);
        }
    }

    /// The reason why a file is not read. A symbolic link may lead to a file outside of the package.
    fn reason_to_skip(&self, path: &Path, identity: &Path) -> Option<String> {
        let is_link = |path: &Path| {
            fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_symlink())
        };
        let folder = self.package.folder();
        let mut parts = path.ancestors().take_while(|part| *part != folder);
        if parts.any(is_link) {
            return Some("it is a symbolic link, or in a folder that is one".to_owned());
        }
        let target = self.target_directory.canonicalize();
        let is_built = target.is_ok_and(|target| identity.starts_with(target));
        is_built.then(|| "it is in the target folder".to_owned())
    }
}

/// The files that `mod name;` declares, also inside inline modules.
fn declared(items: &[Item], around: &Wanted, is_test: bool, is_inline: bool) -> Vec<Wanted> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Macro(call) = item {
            let is_test = is_test || is_test_only(&call.attrs);
            let modules = declared(&modules::in_call(call), around, is_test, is_inline);
            // Another macro may want the words for something else.
            found.extend(modules.into_iter().filter(|wanted| wanted.path.exists()));
            continue;
        }
        let Item::Mod(module) = item else {
            continue;
        };
        let is_test = is_test || is_test_only(&module.attrs);
        let name = module.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let mut path = around.module.clone();
        path.push(name.to_owned());
        match &module.content {
            Some((_, items)) => {
                let inner = Wanted {
                    path: around.path.clone(),
                    module: path,
                    folder: around.folder.join(name),
                    is_test,
                    is_program: false,
                };
                found.extend(declared(items, &inner, is_test, true));
            }
            None => {
                let files = files_of(module, name, &path, around, is_inline);
                found.extend(files.into_iter().map(|file| Wanted { is_test, ..file }));
            }
        }
    }
    found
}

/// The file of a module; several where `#[cfg_attr(.., path = "..")]` chooses one of them, of which each is read that
/// exists.
fn files_of(
    declaration: &ItemMod,
    name: &str,
    module: &[String],
    around: &Wanted,
    is_inline: bool,
) -> Vec<Wanted> {
    let wanted = |path: PathBuf, folder: PathBuf| Wanted {
        path,
        module: module.to_vec(),
        folder,
        is_test: false,
        is_program: false,
    };
    let at_path = |written: String| {
        // The path is relative to the folder of the file; in an inline module, to the folder of that module.
        let beside = around.path.parent().unwrap_or(Path::new(""));
        let path = if is_inline { &around.folder } else { beside }.join(written);
        let below = path.parent().unwrap_or(Path::new("")).to_owned();
        wanted(path, below)
    };
    let metas = declaration.attrs.iter().map(|attribute| &attribute.meta);
    if let Some(written) = metas.clone().find_map(path_of_module) {
        return vec![at_path(written)];
    }
    let flat = around.folder.join(format!("{name}.rs"));
    let nested = around.folder.join(name).join("mod.rs");
    let path = if nested.exists() && !flat.exists() {
        nested
    } else {
        flat
    };
    let usual = wanted(path, around.folder.join(name));
    let conditional = metas.flat_map(conditional_paths).map(at_path);
    let mut files: Vec<Wanted> = conditional.filter(|wanted| wanted.path.exists()).collect();
    if files.is_empty() || usual.path.exists() {
        files.push(usual);
    }
    files
}

/// The path in `path = ".."`.
fn path_of_module(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The paths in `cfg_attr(unix, path = "..")`.
fn conditional_paths(meta: &Meta) -> Vec<String> {
    let Meta::List(list) = meta else {
        return Vec::new();
    };
    if !list.path.is_ident("cfg_attr") {
        return Vec::new();
    }
    let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let metas = metas.into_iter().flatten().skip(1);
    metas
        .flat_map(|meta| match path_of_module(&meta) {
            Some(path) => vec![path],
            None => conditional_paths(&meta),
        })
        .collect()
}
