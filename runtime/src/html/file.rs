//! Writes a page to its file: the whole page, or nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[cfg(feature = "init")]
use super::file_name;

/// A file, or a folder with a file for each process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    File(PathBuf),
    Folder(PathBuf),
}

impl Target {
    /// A path that ends in `.html` or `.htm` is a file; every other one is a folder.
    pub(crate) fn of(path: impl Into<PathBuf>) -> Self {
        let path: PathBuf = path.into();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_file = extension.is_some_and(|extension| {
            extension.eq_ignore_ascii_case("html") || extension.eq_ignore_ascii_case("htm")
        });
        match is_file && !path.is_dir() {
            true => Target::File(path),
            false => Target::Folder(path),
        }
    }

    #[cfg(feature = "init")]
    pub(super) fn path(&self) -> &Path {
        match self {
            Target::File(path) | Target::Folder(path) => path,
        }
    }

    /// The file of this process.
    #[cfg(feature = "init")]
    pub(super) fn of_process(&self, service: &str, process: u32) -> PathBuf {
        match self {
            Target::File(path) => path.clone(),
            Target::Folder(path) => {
                let service = match service {
                    "" => "traces",
                    named => named,
                };
                path.join(format!("{}-{process}.html", file_name(service)))
            }
        }
    }
}

/// Replaces the file in one step: a reader sees either the old page or the new one.
pub(super) fn replace(path: &Path, page: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, page).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
