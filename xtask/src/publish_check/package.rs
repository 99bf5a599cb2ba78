//! Checks the archives that a registry would get.

use anyhow::bail;

use super::{Outcome, PUBLISHED, ran};
use crate::cargo::{cargo, output};
use crate::paths;

/// The files that each archive must contain.
const EXPECTED: &[&str] = &["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"];

pub(super) fn check() -> anyhow::Result<Outcome> {
    for package in PUBLISHED {
        let listed = output(cargo().args(["package", "--list", "--allow-dirty", "-p", package]))?;
        if let Some(missing) = missing(&listed, package) {
            bail!("the archive of {package} has no {missing}");
        }
    }
    let packages = PUBLISHED.iter().flat_map(|package| ["-p", package]);
    // Cargo takes an archive that another archive depends on for one that never changes, as those of a registry are. With
    // the path of an earlier run it would build with what that run had unpacked into cargo's home and compiled. So each
    // run has a folder of its own, and compiles the dependencies again.
    let folder = tempfile::Builder::new()
        .prefix("publish-")
        .tempdir_in(paths::target())?;
    // The check may run before a commit. Publishing itself rejects uncommitted changes.
    ran(cargo()
        .args(["publish", "--dry-run", "--quiet", "--allow-dirty"])
        .args(packages)
        .env("CARGO_TARGET_DIR", folder.path())
        .env("CARGO_BUILD_BUILD_DIR", folder.path()))
}

/// The first expected file that is not in the list.
fn missing(listed: &str, package: &str) -> Option<&'static str> {
    let is_there = |file: &&str| listed.lines().any(|line| line == *file);
    // `cargo-traced` is a program and has a `main.rs`.
    let is_asked = |file: &&&str| **file != "src/lib.rs" || package != "cargo-traced";
    EXPECTED
        .iter()
        .filter(is_asked)
        .find(|file| !is_there(file))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_without_a_licence_is_noticed() {
        let whole = "Cargo.lock\nCargo.toml\nLICENSE\nREADME.md\nsrc/lib.rs\n";
        assert_eq!(missing(whole, "traced"), None);
        assert_eq!(
            missing(&whole.replace("LICENSE\n", ""), "traced"),
            Some("LICENSE")
        );
        let program = whole.replace("lib.rs", "main.rs");
        assert_eq!(missing(&program, "cargo-traced"), None);
        assert_eq!(missing(&program, "traced"), Some("src/lib.rs"));
    }
}
