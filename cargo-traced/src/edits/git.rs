//! Checks that a change can be undone: the folder is a Git repository without other changes.
//!
//! The settings of a repository can name programs, and an archive or a shared disk may hold a repository with settings
//! that somebody else wrote. `git status` is asked so that it runs none of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};

/// Rejects a folder with uncommitted changes, which Git could not tell from ours. The files are those that will be
/// changed: they may be in repositories inside of the folder, such as submodules.
pub(super) fn reject_dirty<'a>(
    folder: &Path,
    files: impl Iterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    let inner: BTreeSet<PathBuf> = files.filter_map(|file| inner(folder, file)).collect();
    for folder in inner.iter().map(PathBuf::as_path).chain([folder]) {
        reject_dirty_repository(folder)?;
    }
    Ok(())
}

/// The repository inside of the folder that a file belongs to.
fn inner(folder: &Path, file: &Path) -> Option<PathBuf> {
    let above = file.ancestors().skip(1);
    above
        .take_while(|above| above.starts_with(folder) && *above != folder)
        .find(|above| above.join(".git").exists())
        .map(Path::to_owned)
}

fn reject_dirty_repository(folder: &Path) -> anyhow::Result<()> {
    let filters = filters(folder)?;
    let mut settings = vec![("core.fsmonitor", "false"), ("core.hooksPath", "/dev/null")];
    settings.extend(filters.iter().map(|key| {
        let value = if key.ends_with(".required") {
            "false"
        } else {
            ""
        };
        (key.as_str(), value)
    }));
    // A submodule has settings of its own. If files of it are changed, it is asked by itself.
    let arguments = [
        "status",
        "--porcelain",
        "--ignore-submodules=dirty",
        "--",
        ".",
    ];
    let status = git(folder, &settings, &arguments)?;
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

/// The settings of the repository that name the programs through which Git reads files. Those of the user stay.
fn filters(folder: &Path) -> anyhow::Result<Vec<String>> {
    let pattern = r"^filter\..*\.(clean|process|required)$";
    let arguments = [
        "config",
        "--show-scope",
        "--name-only",
        "-z",
        "--get-regexp",
        pattern,
    ];
    let listed = git(folder, &[], &arguments)?.stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    // `scope NUL name NUL`.
    let words: Vec<&str> = listed.split_terminator('\0').collect();
    let of_repository = words.chunks(2).filter_map(|pair| match pair {
        ["local" | "worktree", name] => Some((*name).to_owned()),
        _ => None,
    });
    Ok(of_repository.collect())
}

/// Runs Git with these settings. They are variables of its environment, because the name of a filter may contain the
/// `=` that would end it in `-c name=value`.
fn git(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder);
    // It neither writes the index, after which a hook would run, nor asks a remote for what a partial clone lacks.
    command
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1");
    // Whoever started this may have set some already.
    let count = std::env::var("GIT_CONFIG_COUNT").ok();
    let first: usize = count.and_then(|count| count.parse().ok()).unwrap_or(0);
    for (index, (name, value)) in (first..).zip(settings) {
        command.env(format!("GIT_CONFIG_KEY_{index}"), name);
        command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    command.env("GIT_CONFIG_COUNT", (first + settings.len()).to_string());
    command
        .output()
        .context("cannot run `git status`; with `--allow-dirty`, files are changed without it")
}
