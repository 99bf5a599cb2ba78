//! Compiles the library and each of its features with the oldest versions that its manifests allow.

use super::{Outcome, library, nightly, no_nightly, ran};

/// Resolves the versions in a copy, because the dependencies of this workspace's tests and examples would raise them.
pub(super) fn check() -> anyhow::Result<Outcome> {
    let Some(mut resolve) = nightly() else {
        return Ok(no_nightly("minimal-versions"));
    };
    let folder = tempfile::tempdir()?;
    library::copy(folder.path(), &[])?;
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
        "--all-features",
    ]);
    ran(&mut check)
}
