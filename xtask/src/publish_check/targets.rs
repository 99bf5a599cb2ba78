//! The library for the platforms that docs/platforms.md names.

use std::process::Command;

use super::{Outcome, ran};
use crate::cargo::cargo;

/// Targets besides the one of this machine, and what compiles there beside the default features:
/// docs/platforms.md says why not all does.
const TARGETS: &[(&str, &str)] = &[
    ("x86_64-pc-windows-gnu", HOSTED),
    ("x86_64-pc-windows-msvc", HOSTED),
    ("aarch64-apple-darwin", HOSTED),
    ("wasm32-unknown-unknown", "http,stream,tracing"),
    ("wasm32-wasip1", "http,stream,testing,tracing"),
];

/// The features that an operating system with threads and sockets is asked for.
const HOSTED: &str = "config-file,console,detectors,http,init,logs,rayon,reqwest-middleware,signals,stream,testing,\
    tokio,tower,tracing";

pub(super) fn check() -> anyhow::Result<Outcome> {
    let installed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .current_dir(crate::paths::root())
        .output();
    let installed = installed.map(|output| output.stdout).unwrap_or_default();
    let installed = String::from_utf8_lossy(&installed).into_owned();
    let (mut failed, mut missing) = (false, Vec::new());
    for (target, features) in TARGETS {
        if !installed.lines().any(|line| line == *target) {
            missing.push(*target);
            continue;
        }
        for features in ["", features] {
            println!("{target} with {features:?}");
            let checked = ran(cargo()
                .args(["check", "--quiet", "-p", "traced", "--lib"])
                .args(["--target", target, "--features", features]))?;
            failed |= checked == Outcome::Failed;
        }
    }
    Ok(match (failed, missing.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::NotRun(format!(
            "`rustup target add {}`, then `cargo xtask publish-check targets`",
            missing.join(" ")
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_platforms_lists_each_target_and_its_features() {
        let page = std::fs::read_to_string(crate::paths::root().join("docs/platforms.md")).unwrap();
        for (target, features) in TARGETS {
            let line = page.lines().find(|line| line.contains(target));
            let line = line.unwrap_or_else(|| panic!("docs/platforms.md lacks {target}"));
            let mut listed: Vec<&str> = line.split('`').skip(1).step_by(2).skip(1).collect();
            listed.sort_unstable();
            assert_eq!(listed.join(","), *features, "{target}");
        }
    }
}
