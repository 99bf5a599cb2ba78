//! A workspace of the library alone: the dependencies of this repository's tests and examples would decide which
//! versions and features it is compiled with.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::cargo::output;
use crate::paths;

/// The packages of the library.
const MEMBERS: &[&str] = &["macros", "macros-backend", "runtime"];

/// Copies the library, without the dependencies of its tests, into a workspace that may have further members. What is
/// there with the same content stays as it is, because cargo compiles again what was written again.
pub(super) fn copy(folder: &Path, further: &[&str]) -> anyhow::Result<()> {
    let root = paths::root();
    let manifest = read(&root.join("Cargo.toml"))?;
    let members = [MEMBERS, further].concat();
    let workspace = workspace_of(&manifest, &members)?;
    write(&folder.join("Cargo.toml"), workspace.as_bytes())?;
    let mut listed = Command::new("git");
    listed
        .current_dir(root)
        .args(["ls-files", "-z", "--", "rust-toolchain.toml"])
        .args(MEMBERS);
    for file in output(&mut listed)?
        .split('\0')
        .filter(|file| !file.is_empty())
    {
        let source = root.join(file);
        let target = folder.join(file);
        if file.ends_with("Cargo.toml") {
            let manifest = without_section(&read(&source)?, "[dev-dependencies]");
            write(&target, manifest.as_bytes())?;
        } else if source.is_file() {
            // What was deleted and not committed is still listed.
            let content = fs::read(&source).with_context(|| format!("cannot read {file}"))?;
            write(&target, &content)?;
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Leaves a file alone that has the content.
pub(super) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The manifest of the workspace with other members.
fn workspace_of(manifest: &str, members: &[&str]) -> anyhow::Result<String> {
    let (_, rest) = manifest
        .split_once("\n[workspace.package]")
        .context("Cargo.toml has no [workspace.package]")?;
    Ok(format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[workspace.package]{rest}"
    ))
}

/// A manifest without one of its tables.
pub(super) fn without_section(manifest: &str, heading: &str) -> String {
    let mut is_in = false;
    let kept = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            is_in = line.trim() == heading;
        }
        !is_in
    });
    kept.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_other_members() {
        let manifest = "[workspace]\nmembers = [\"a\"]\n\n[workspace.package]\nversion = \"1\"\n";
        assert_eq!(
            workspace_of(manifest, &["macros", "pairs/*"]).unwrap(),
            "[workspace]\nresolver = \"3\"\nmembers = [\"macros\", \"pairs/*\"]\n\n\
             [workspace.package]\nversion = \"1\"\n"
        );
        assert!(workspace_of("[package]", &[]).is_err());
    }

    #[test]
    fn a_section_ends_with_the_next() {
        let manifest = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(
            without_section(manifest, "[dev-dependencies]"),
            "[dependencies]\na = \"1\"\n[lints]\nworkspace = true\n"
        );
    }

    #[test]
    fn what_has_its_content_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        write(&path, b"1").unwrap();
        let written = || fs::metadata(&path).unwrap().modified().unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        write(&path, b"1").unwrap();
        assert_eq!(written(), long_ago);
        write(&path, b"2").unwrap();
        assert_ne!(written(), long_ago);
    }
}
