//! Changes of files: ranges of bytes and their replacements. Every other byte stays.

mod git;

use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use similar::TextDiff;

use crate::cli::Writing;
use crate::sources::SourceFile;

/// The edits of one file.
pub(crate) struct FileEdits<'a> {
    pub(crate) file: &'a SourceFile,
    edits: Vec<(Range<usize>, String)>,
}

impl<'a> FileEdits<'a> {
    pub(crate) fn new(file: &'a SourceFile) -> Self {
        FileEdits {
            file,
            edits: Vec::new(),
        }
    }

    /// Replaces the bytes of the range. An edit that overlaps an earlier one is rejected.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) -> bool {
        let overlaps = |other: &(Range<usize>, String)| {
            let other = &other.0;
            range.start < other.end && other.start < range.end
        };
        if self.edits.iter().any(overlaps) {
            return false;
        }
        self.edits.push((range, text.into()));
        true
    }

    /// Whether one of the edits replaces the whole range.
    pub(crate) fn covers(&self, range: &Range<usize>) -> bool {
        let mut edits = self.edits.iter();
        edits.any(|(other, _)| other.start <= range.start && range.end <= other.end)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    fn count(&self) -> usize {
        self.edits.len()
    }

    /// The text with the edits made. Insertions at one place keep the order in which they were asked for.
    pub(crate) fn edited(&self) -> String {
        let mut edits: Vec<&(Range<usize>, String)> = self.edits.iter().collect();
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut text, mut copied) = (String::new(), 0);
        for (range, replacement) in edits {
            text.push_str(&self.file.text[copied..range.start]);
            text.push_str(replacement);
            copied = range.end;
        }
        text.push_str(&self.file.text[copied..]);
        text
    }
}

/// What became of the edits.
pub(crate) struct Applied {
    /// Whether they are only shown.
    pub(crate) is_unwritten: bool,
    /// Those in files that may be changed.
    pub(crate) count: usize,
}

/// Prints the edits as a diff, or makes them.
pub(crate) fn apply(
    edits: &[FileEdits<'_>],
    writing: &Writing,
    root: &Path,
) -> anyhow::Result<Applied> {
    let edits = edits.iter().filter(|edits| !edits.is_empty());
    let (edits, outside): (Vec<_>, Vec<_>) =
        edits.partition(|edits| is_below(&edits.file.path, root));
    let count = edits.iter().map(|edits| edits.count()).sum();
    for edits in outside {
        eprintln!(
            "note: {} is left as it is: it is outside of {}",
            edits.file.shown,
            root.display()
        );
    }
    if !writing.write {
        for edits in &edits {
            print!("{}", difference(edits));
        }
        return Ok(Applied {
            is_unwritten: !edits.is_empty(),
            count,
        });
    }
    if !writing.allow_dirty && !edits.is_empty() {
        git::reject_dirty(root, edits.iter().map(|edits| edits.file.path.as_path()))?;
    }
    for edits in &edits {
        write(edits)?;
    }
    Ok(Applied {
        is_unwritten: false,
        count,
    })
}

/// Whether a file is in the folder. The path of `#[path = ".."]` may lead anywhere, where Git would not be asked about
/// changes.
fn is_below(file: &Path, folder: &Path) -> bool {
    match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => false,
    }
}

fn difference(edits: &FileEdits<'_>) -> String {
    let (old, new) = (edits.file.text.as_str(), edits.edited());
    let shown = &edits.file.shown;
    let diff = TextDiff::from_lines(old, new.as_str());
    let mut diff = diff.unified_diff();
    diff.context_radius(3)
        .header(&format!("a/{shown}"), &format!("b/{shown}"))
        .to_string()
}

/// Writes a temporary file and renames it over the file, so that a reader, or a crash, finds either the old or
/// the new text.
fn write(edits: &FileEdits<'_>) -> anyhow::Result<()> {
    let path = &edits.file.path;
    let attempted = || format!("cannot write {}", path.display());
    let metadata = fs::symlink_metadata(path).with_context(attempted)?;
    ensure!(
        !metadata.file_type().is_symlink(),
        "{} has become a symbolic link",
        path.display()
    );
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".cargo-traced-")
        .tempfile_in(folder)
        .with_context(attempted)?;
    new.write_all(edits.edited().as_bytes())
        .with_context(attempted)?;
    new.as_file()
        .set_permissions(metadata.permissions())
        .with_context(attempted)?;
    new.as_file().sync_all().with_context(attempted)?;
    // Compared as late as possible, so that a change by another program is not overwritten.
    let now = fs::read(path).with_context(attempted)?;
    if now != edits.file.text.as_bytes() {
        bail!(
            "{} has changed while it was read; files before it are written, run the command again",
            path.display()
        );
    }
    new.persist(path)
        .map_err(|error| error.error)
        .with_context(attempted)?;
    // The rename is durable once the folder is synced. Some platforms cannot open a folder, which costs only the
    // durability.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, text: &str) -> SourceFile {
        let path = folder.join("lib.rs");
        fs::write(&path, text).unwrap();
        SourceFile::read(&path, "lib.rs".to_owned(), Vec::new())
            .ok()
            .unwrap()
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "fn f() {}\n");
        let mut edits = FileEdits::new(&file);
        assert!(edits.replace(0..0, "#[traced]\n"));
        fs::write(&file.path, "fn g() {}\n").unwrap();
        assert!(
            write(&edits)
                .unwrap_err()
                .to_string()
                .contains("has changed")
        );
        assert_eq!(fs::read_to_string(&file.path).unwrap(), "fn g() {}\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "fn f() {}\n");
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o750)).unwrap();
        let mut edits = FileEdits::new(&file);
        edits.replace(3..4, "g");
        write(&edits).unwrap();
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o750);
        assert_eq!(fs::read_to_string(&file.path).unwrap(), "fn g() {}\n");
    }

    #[test]
    fn overlapping_edits_are_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), "fn f() {}\n");
        let mut edits = FileEdits::new(&file);
        assert!(edits.replace(0..4, "fn g"));
        assert!(!edits.replace(3..5, "h"));
        assert!(edits.replace(4..4, "::<T>"));
        assert_eq!(edits.edited(), "fn g::<T>() {}\n");
    }
}
