//! Cargo and other programs, started in the root of the repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::paths;

/// A cargo that starts in the root of the repository: rustup looks for rust-toolchain.toml from where cargo is
/// started.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::root());
    command
}

/// Runs a command to its end; an error if it fails.
pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// The standard output of a command; an error if the command fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        output.status
    );
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed no UTF-8"))
}

/// Builds with `command` and returns the executable of the target called `target`.
pub(crate) fn build_executable(command: &mut Command, target: &str) -> anyhow::Result<PathBuf> {
    let messages = output(command.arg("--message-format=json"))?;
    match executable(&messages, target)? {
        Some(executable) => Ok(executable),
        None => bail!("{command:?} built no executable `{target}`"),
    }
}

/// The executable of a target in cargo's JSON messages.
fn executable(messages: &str, target: &str) -> anyhow::Result<Option<PathBuf>> {
    for line in messages.lines() {
        let message: Value =
            serde_json::from_str(line).context("a message of cargo is not JSON")?;
        if let Some(path) = message["executable"].as_str()
            && message["target"]["name"] == target
        {
            return Ok(Some(PathBuf::from(path)));
        }
    }
    Ok(None)
}

/// Whether a program is installed.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_file(&folder.join(program)))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_that_of_the_target() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"overhead"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/target/other"}
{"reason":"compiler-artifact","target":{"name":"overhead"},"executable":"/target/overhead-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            executable(messages, "overhead").unwrap(),
            Some(PathBuf::from("/target/overhead-1"))
        );
        assert_eq!(executable(messages, "missing").unwrap(), None);
        assert!(executable("Compiling", "overhead").is_err());
    }

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(is_installed("cargo"));
        assert!(!is_installed("no-such-program-anywhere"));
    }
}
