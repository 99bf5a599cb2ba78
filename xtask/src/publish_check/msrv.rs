//! Compiles the library with the oldest Rust that its manifest promises for each feature.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use anyhow::Context;

use super::{Outcome, cargo_of, ran};
use crate::paths;

/// The Rust of a feature whose line names none: `rust-version` of the workspace.
const OLDEST: &str = "1.85";

pub(super) fn check() -> anyhow::Result<Outcome> {
    let manifest = fs::read_to_string(paths::root().join("runtime/Cargo.toml"))?;
    let (mut failed, mut missing) = (false, Vec::new());
    for (version, features) in promised(&manifest)? {
        if cargo_of(&version).is_none() && !install(&version) {
            missing.push(version);
            continue;
        }
        let features = features.join(",");
        println!("Rust {version} with {features}");
        let mut check = cargo_of(&version).context("the toolchain has no cargo")?;
        check
            .args(["check", "--quiet", "-p", "traced", "--lib"])
            .args(["--features", &features])
            .env("CARGO_TARGET_DIR", paths::target().join("msrv"));
        failed |= ran(&mut check)? == Outcome::Failed;
    }
    Ok(match (failed, missing.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::NotRun(format!(
            "`rustup toolchain install {}`, then `cargo xtask publish-check msrv`",
            missing.join(" ")
        )),
    })
}

/// Installs a toolchain, and returns whether that worked.
fn install(version: &str) -> bool {
    let mut install = Command::new("rustup");
    install
        .args(["toolchain", "install", version, "--profile", "minimal"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    install.status().is_ok_and(|status| status.success())
}

/// The features by the oldest Rust that they promise, in a comment such as `# Rust 1.88` at the end of the feature's
/// line.
fn promised(manifest: &str) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let (_, section) = manifest
        .split_once("\n[features]\n")
        .context("runtime/Cargo.toml has no [features]")?;
    let section = section.split("\n[").next().unwrap_or_default();
    let mut promised = BTreeMap::<String, Vec<String>>::new();
    for line in section.lines() {
        let Some((name, rest)) = line.split_once(" = [") else {
            continue;
        };
        let version = rest.split_once("# Rust ").map_or(OLDEST, |(_, version)| {
            version.split([' ', ':', ',']).next().unwrap_or(OLDEST)
        });
        let features = promised.entry(version.to_owned()).or_default();
        features.push(name.to_owned());
    }
    Ok(promised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_promises_what_its_line_says() {
        let manifest = "[package]\n\n[features]\n# Rust of nothing\ndefault = []\ninit = [\n    \"sdk\",\n]\n\
                        tonic = [\"dep:tonic\"] # Rust 1.88\n\n[dependencies]\nx = []\n";
        let promised = promised(manifest).unwrap();
        assert_eq!(promised["1.85"], ["default", "init"]);
        assert_eq!(promised["1.88"], ["tonic"]);
        assert_eq!(promised.len(), 2);
        assert!(super::promised("[package]").is_err());
    }

    #[test]
    fn the_workspace_promises_the_oldest() {
        let manifest = fs::read_to_string(paths::root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("\nrust-version = \"{OLDEST}\"\n")));
    }
}
