//! Compares the public names with those of the last release.

use std::process::Command;

use anyhow::Context;

use super::{Outcome, ran};
use crate::cargo::{cargo, is_installed, output};
use crate::paths;

/// The variable with the commit to compare with. Without it, the newest tag `v*` is compared.
const BASELINE: &str = "TRACED_SEMVER_BASELINE";

/// Compares only the library: rustdoc does not describe the grammar of a macro, and `cargo-traced` is a program.
pub(super) fn check() -> anyhow::Result<Outcome> {
    if !is_installed("cargo-semver-checks") {
        let how =
            "`cargo install --locked cargo-semver-checks`, then `cargo xtask publish-check semver`";
        return Ok(Outcome::NotRun(how.into()));
    }
    let mut tags = Command::new("git");
    tags.current_dir(paths::root())
        .args(["tag", "--list", "--sort=-version:refname", "v*"]);
    let tags = output(&mut tags).context("cannot list the tags")?;
    let named = std::env::var(BASELINE).ok();
    let Some(baseline) = named.as_deref().or(tags.lines().next()) else {
        return Ok(Outcome::NotRun(format!(
            "there is no tag `v*` yet; {BASELINE}=COMMIT compares with a commit"
        )));
    };
    println!("compared with {baseline}");
    ran(cargo()
        .args(["semver-checks", "check-release", "-p", "traced"])
        .args(["--all-features", "--baseline-rev", baseline]))
}
