//! Compiles the library with the oldest versions that its manifests allow.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::{Outcome, nightly, no_nightly, ran};
use crate::cargo::output;
use crate::paths;

/// The packages of the library.
const MEMBERS: &[&str] = &["macros", "macros-backend", "runtime"];

/// The features to compile: those that promise the oldest Rust.
const FEATURES: &str =
    "console,detectors,http,init,logs,rayon,reqwest-middleware,signals,stream,testing,tls,tracing";

/// Resolves the versions in a copy, because the dependencies of this workspace's tests and examples would raise them.
pub(super) fn check() -> anyhow::Result<Outcome> {
    let Some(mut resolve) = nightly() else {
        return Ok(no_nightly("minimal-versions"));
    };
    let folder = tempfile::tempdir()?;
    copy(folder.path())?;
    resolve.args([
        "generate-lockfile",
        "--quiet",
        "-Z",
        "direct-minimal-versions",
    ]);
    if ran(resolve.current_dir(folder.path()))? == Outcome::Failed {
        return Ok(Outcome::Failed);
    }
    let mut check = crate::cargo::cargo();
    check.current_dir(folder.path()).args([
        "check",
        "--quiet",
        "--locked",
        "-p",
        "traced",
        "--features",
        FEATURES,
    ]);
    ran(&mut check)
}

/// Copies the library without the dependencies of its tests.
fn copy(folder: &Path) -> anyhow::Result<()> {
    let root = paths::root();
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    fs::write(folder.join("Cargo.toml"), workspace_of(&manifest)?)?;
    let toolchain = "rust-toolchain.toml";
    fs::copy(root.join(toolchain), folder.join(toolchain))?;
    let mut listed = std::process::Command::new("git");
    listed
        .current_dir(root)
        .args(["ls-files", "-z", "--"])
        .args(MEMBERS);
    for file in output(&mut listed)?
        .split('\0')
        .filter(|file| !file.is_empty())
    {
        let target = folder.join(file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        if file.ends_with("Cargo.toml") {
            let manifest = fs::read_to_string(root.join(file))?;
            fs::write(target, without_section(&manifest, "[dev-dependencies]"))?;
        } else {
            fs::copy(root.join(file), &target).with_context(|| format!("cannot copy {file}"))?;
        }
    }
    Ok(())
}

/// The manifest of the workspace with the library's packages as its members.
fn workspace_of(manifest: &str) -> anyhow::Result<String> {
    let (_, rest) = manifest
        .split_once("\n[workspace.package]")
        .context("Cargo.toml has no [workspace.package]")?;
    Ok(format!(
        "[workspace]\nresolver = \"3\"\nmembers = {MEMBERS:?}\n\n[workspace.package]{rest}"
    ))
}

/// A manifest without one of its tables.
fn without_section(manifest: &str, heading: &str) -> String {
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
    fn the_copy_has_the_library_alone() {
        let manifest = "[workspace]\nmembers = [\"a\"]\n\n[workspace.package]\nversion = \"1\"\n";
        assert_eq!(
            workspace_of(manifest).unwrap(),
            "[workspace]\nresolver = \"3\"\nmembers = [\"macros\", \"macros-backend\", \"runtime\"]\n\n\
             [workspace.package]\nversion = \"1\"\n"
        );
        assert!(workspace_of("[package]").is_err());
    }

    #[test]
    fn a_section_ends_with_the_next() {
        let manifest = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(
            without_section(manifest, "[dev-dependencies]"),
            "[dependencies]\na = \"1\"\n[lints]\nworkspace = true\n"
        );
    }
}
