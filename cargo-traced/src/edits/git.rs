//! Checks that a change can be undone: the folder is a Git repository without other changes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// Rejects a folder with uncommitted changes, which Git could not tell from ours.
pub(super) fn reject_dirty(folder: &Path) -> anyhow::Result<()> {
    let status = Command::new("git")
        .args(["status", "--porcelain", "--", "."])
        .current_dir(folder)
        .output()
        .context("cannot run `git status`; with `--allow-dirty`, files are changed without it")?;
    if !status.status.success() {
        bail!(
            "{} is not in a Git repository, so the changes could not be undone; pass \
             `--allow-dirty` to make them all the same",
            folder.display()
        );
    }
    let changed = String::from_utf8_lossy(&status.stdout);
    if !changed.trim().is_empty() {
        let listed: Vec<&str> = changed.lines().take(10).map(str::trim).collect();
        bail!(
            "{} has changes that are not committed:\n    {}\ncommit or stash them, or pass \
             `--allow-dirty`",
            folder.display(),
            listed.join("\n    ")
        );
    }
    Ok(())
}
