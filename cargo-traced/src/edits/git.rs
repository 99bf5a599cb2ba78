//! Checks that a change can be undone: the folder is a Git repository without other changes.
//!
//! The settings of a repository can name programs, and an archive or a shared disk may hold a repository with settings
//! that somebody else wrote. `git status` is asked so that it runs none of them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};

/// Rejects a folder with uncommitted changes, which Git could not tell from ours, and files that Git does not have. The
/// files are those that will be changed: they may be in repositories inside of the folder, such as submodules.
pub(super) fn reject_dirty<'a>(
    folder: &Path,
    files: impl Iterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    let mut repositories = BTreeMap::from([(folder.to_owned(), Vec::new())]);
    for file in files {
        let repository = inner(folder, file).unwrap_or_else(|| folder.to_owned());
        repositories.entry(repository).or_default().push(file);
    }
    for (folder, files) in repositories {
        reject_dirty_repository(&folder)?;
        reject_untracked(&folder, &files)?;
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

/// Rejects files that Git does not keep, such as those that `.gitignore` names: `git status` says nothing of them.
fn reject_untracked(folder: &Path, files: &[&Path]) -> anyhow::Result<()> {
    let listed = git(folder, &settings(folder)?, &["ls-files", "-z", "--", "."])?.stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let tracked: HashSet<&str> = listed.split_terminator('\0').collect();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    for file in files {
        let whole = file.canonicalize().unwrap_or_else(|_| (*file).to_owned());
        let below = whole.strip_prefix(&folder).unwrap_or(&whole);
        let below = below
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/");
        if !tracked.contains(below.as_str()) {
            bail!(
                "{} is not kept by Git, so its change could not be undone; `git add` it, or pass `--allow-dirty`",
                file.display()
            );
        }
    }
    Ok(())
}

fn reject_dirty_repository(folder: &Path) -> anyhow::Result<()> {
    let settings = settings(folder)?;
    // A submodule has settings of its own. If files of it are changed, it is asked by itself.
    let arguments = [
        "status",
        "--porcelain",
        "--ignore-submodules=dirty",
        "--untracked-files=normal",
        "--",
        ".",
    ];
    let status = git(folder, &settings, &arguments)?;
    if !status.status.success() {
        let said = String::from_utf8_lossy(&status.stderr).into_owned();
        let first = said.lines().next().unwrap_or_default();
        let why = match said.contains("not a git repository") {
            true => format!("{} is not in a Git repository", folder.display()),
            false => format!("`git status` failed in {}: {first}", folder.display()),
        };
        bail!(
            "{why}, so the changes could not be undone; pass `--allow-dirty` to make them all the same"
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

/// The settings with which Git runs no program that the repository names.
fn settings(folder: &Path) -> anyhow::Result<Vec<(String, &'static str)>> {
    let off = [("core.fsmonitor", "false"), ("core.hooksPath", "/dev/null")];
    let filters = filters(folder)?.into_iter().map(|key| {
        let value = if key.ends_with(".required") {
            "false"
        } else {
            ""
        };
        (key, value)
    });
    let off = off.into_iter().map(|(key, value)| (key.to_owned(), value));
    Ok(off.chain(filters).collect())
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
fn git(folder: &Path, settings: &[(String, &str)], arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder);
    // Its messages are compared.
    command.env("LC_ALL", "C");
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
