//! Compiles the library for the platforms that docs/platforms.md names.

use std::process::{Command, Stdio};

use super::{Outcome, ran};
use crate::cargo::cargo;

/// Targets other than this machine's, and the features that compile there in addition to the default ones.
/// docs/platforms.md says why not all do.
const TARGETS: &[(&str, &str)] = &[
    ("x86_64-pc-windows-gnu", HOSTED),
    ("x86_64-pc-windows-msvc", HOSTED),
    ("aarch64-apple-darwin", HOSTED),
    ("wasm32-unknown-unknown", "http,stream,tracing"),
    ("wasm32-wasip1", "http,stream,testing,tracing"),
];

/// The features that need an operating system with threads and sockets.
const HOSTED: &str = "config-file,console,detectors,http,init,logs,rayon,reqwest-middleware,signals,stream,testing,\
    tokio,tower,tracing";

/// The default features, which are what a library depends on.
pub(super) fn check_core() -> anyhow::Result<Outcome> {
    check(|_| "")
}

/// Everything that docs/platforms.md promises.
pub(super) fn check_features() -> anyhow::Result<Outcome> {
    check(|features| features)
}

fn check(asked: fn(&'static str) -> &'static str) -> anyhow::Result<Outcome> {
    let (mut failed, mut missing) = (false, Vec::new());
    for (target, features) in TARGETS {
        if !is_installed(target) {
            missing.push(*target);
            continue;
        }
        let features = asked(features);
        println!("{target} with {features:?}");
        let checked = ran(cargo()
            .args(["check", "--quiet", "-p", "traced", "--lib"])
            .args(["--target", target, "--features", features]))?;
        failed |= checked == Outcome::Failed;
    }
    Ok(match (failed, missing.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::NotRun(format!("`rustup target add {}`", missing.join(" "))),
    })
}

/// Whether the standard library of a target is installed, or can be installed now.
fn is_installed(target: &str) -> bool {
    let mut add = Command::new("rustup");
    add.args(["target", "add", target])
        .current_dir(crate::paths::root())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    add.status().is_ok_and(|status| status.success())
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
