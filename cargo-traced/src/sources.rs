//! The sources of a program: packages, their targets, and the files of the modules.

mod file;
mod modules;
mod packages;
mod text;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) use self::file::SourceFile;
pub(crate) use self::packages::{Package, TargetRoot, select};
pub(crate) use self::text::Text;
use crate::cli::Packages;
use crate::progress;

/// The sources of the chosen packages.
pub(crate) struct Sources {
    /// The folder that paths are shown relative to.
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<PackageSources>,
    pub(crate) skipped: Vec<Skipped>,
}

/// The files of one package, each once, although several targets may have it.
pub(crate) struct PackageSources {
    pub(crate) package: Package,
    pub(crate) files: Vec<SourceFile>,
}

/// A file that was not read, and why.
pub(crate) struct Skipped {
    pub(crate) path: PathBuf,
    pub(crate) why: String,
}

impl Sources {
    /// Reads the modules of the chosen packages.
    pub(crate) fn read(chosen: &Packages) -> anyhow::Result<Self> {
        let selected = select(chosen)?;
        let mut sources = Sources {
            root: selected.root,
            packages: Vec::new(),
            skipped: Vec::new(),
        };
        let bar = progress::files("Reading");
        for package in selected.packages {
            let target_directory = &selected.target_directory;
            let mut walk = tree::Walk::new(&package, target_directory, &sources.root, &bar);
            for root in &package.roots {
                walk.root(root);
            }
            let (files, skipped) = walk.finish();
            sources.skipped.extend(skipped);
            sources.packages.push(PackageSources { package, files });
        }
        bar.finish_and_clear();
        sources.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        sources.skipped.dedup_by(|a, b| a.path == b.path);
        Ok(sources)
    }

    /// Prints the skipped files on standard error.
    pub(crate) fn report_skipped(&self) {
        for Skipped { path, why } in &self.skipped {
            eprintln!("warning: skipped {}: {why}", shown(path, &self.root));
        }
    }
}

/// The path as messages show it.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.to_string_lossy().replace('\\', "/")
}

/// The paths that were visited.
pub(crate) type Visited = BTreeSet<PathBuf>;
