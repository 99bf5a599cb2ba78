//! Checks the packages before they are published. Each check is a step that can run alone.

mod badges;
mod combinations;
mod library;
mod minimal_versions;
mod msrv;
mod package;
mod semver;
mod targets;

use std::process::Command;

use anyhow::bail;

use crate::Verdict;
use crate::cargo::{cargo, is_installed};

pub(crate) const USAGE: &str = "\
Packages what is published as a registry gets it, and checks what its users rely on.

    cargo xtask publish-check [STEP ..]

Steps, by default all:
    package            `cargo publish --dry-run` of every published package, built from its archive, and
                       whether each archive has its licence and its readme
    deny               licences, sources and banned packages of what users get (cargo-deny), and
                       advisories, where their database can be reached
    docs               the documentation as docs.rs builds it, with the features on each item (nightly)
    minimal-versions   the library, with every feature, with the oldest versions that its manifests allow (nightly)
    combinations       the library with each two features that one file of it asks about
    msrv               the library with the oldest Rust that each feature promises (rustup)
    targets            the library's default features for Windows, macOS and WebAssembly
    target-features    what else docs/platforms.md promises for these
    semver             the public names against those of the last release (cargo-semver-checks)

A step whose tool is missing says NOT RUN and how to run it; it does not fail.
";

/// The published packages, in the order in which they depend on each other.
pub(crate) const PUBLISHED: &[&str] = &[
    "traced-macros-backend",
    "traced-macros",
    "traced",
    "cargo-traced",
];

/// The outcome of a step.
#[derive(Debug, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    /// A tool is missing. The text says how to install it and run the step.
    NotRun(String),
}

type Step = fn() -> anyhow::Result<Outcome>;

const STEPS: &[(&str, Step)] = &[
    ("package", package::check),
    ("deny", deny),
    ("docs", badges::check),
    ("minimal-versions", minimal_versions::check),
    ("combinations", combinations::check),
    ("msrv", msrv::check),
    ("targets", targets::check_core),
    ("target-features", targets::check_features),
    ("semver", semver::check),
];

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let mut asked = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(step) => asked.push(step.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let steps = selected(&asked)?;
    let mut verdict = Verdict::Passed;
    for (name, step) in steps {
        println!("\n-- {name}");
        match step()? {
            Outcome::Passed => println!("{name}: passed"),
            Outcome::Failed => {
                println!("{name}: FAILED");
                verdict = Verdict::Failed;
            }
            Outcome::NotRun(how) => println!("{name}: NOT RUN; {how}"),
        }
    }
    Ok(verdict)
}

fn selected(asked: &[String]) -> anyhow::Result<Vec<&'static (&'static str, Step)>> {
    let known = |name: &String| STEPS.iter().any(|(step, _)| step == name);
    if let Some(unknown) = asked.iter().find(|name| !known(name)) {
        let names: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
        bail!(
            "there is no step `{unknown}`; there are {}",
            names.join(", ")
        );
    }
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|word| word == name);
    Ok(STEPS.iter().filter(|(name, _)| is_asked(name)).collect())
}

/// Runs a command that prints its findings itself.
fn ran(command: &mut Command) -> anyhow::Result<Outcome> {
    Ok(match command.status()?.success() {
        true => Outcome::Passed,
        false => Outcome::Failed,
    })
}

/// The folders whose dependencies are checked. They include those of the macros' backend.
const DENIED: &[&str] = &["runtime", "macros", "cargo-traced"];

fn deny() -> anyhow::Result<Outcome> {
    if !is_installed("cargo-deny") {
        let how = "`cargo install --locked cargo-deny`, then `cargo xtask publish-check deny`";
        return Ok(Outcome::NotRun(how.into()));
    }
    let mut outcome = Outcome::Passed;
    for folder in DENIED {
        let manifest = format!("{folder}/Cargo.toml");
        let found = ran(cargo()
            .args([
                "deny",
                "--config",
                "deny.toml",
                "--manifest-path",
                &manifest,
            ])
            .args(["check", "--hide-inclusion-graph"])
            .args(["licenses", "bans", "sources"]))?;
        if found == Outcome::Failed {
            outcome = Outcome::Failed;
        }
    }
    if outcome == Outcome::Passed && !has_advisories()? {
        let how = "the database of advisories cannot be reached; licences, bans and sources passed";
        return Ok(Outcome::NotRun(how.into()));
    }
    Ok(outcome)
}

/// Whether the database of advisories could be fetched; an error if `cargo deny` found an advisory.
fn has_advisories() -> anyhow::Result<bool> {
    let mut fetch = cargo();
    fetch.args([
        "deny",
        "--config",
        "deny.toml",
        "--manifest-path",
        "runtime/Cargo.toml",
        "fetch",
        "db",
    ]);
    if !fetch.output()?.status.success() {
        return Ok(false);
    }
    for folder in DENIED {
        let manifest = format!("{folder}/Cargo.toml");
        let mut check = cargo();
        check.args([
            "deny",
            "--config",
            "deny.toml",
            "--manifest-path",
            &manifest,
            "check",
            "advisories",
        ]);
        crate::cargo::succeed(&mut check)?;
    }
    Ok(true)
}

/// A cargo of another toolchain, if it is installed.
fn cargo_of(toolchain: &str) -> Option<Command> {
    let mut command = rustup_run(toolchain);
    let found = command.arg("--version").output();
    found
        .is_ok_and(|found| found.status.success())
        .then(|| rustup_run(toolchain))
}

fn rustup_run(toolchain: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, "cargo"]);
    command.current_dir(crate::paths::root());
    // The cargo that started this program has set these for its own toolchain.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command
}

fn nightly() -> Option<Command> {
    cargo_of("nightly")
}

fn no_nightly(step: &str) -> Outcome {
    Outcome::NotRun(format!(
        "`rustup toolchain install nightly`, then `cargo xtask publish-check {step}`"
    ))
}

/// The packages of the workspace that `cargo publish` accepts.
#[cfg(test)]
fn publishable(metadata: &str) -> anyhow::Result<Vec<String>> {
    let metadata: serde_json::Value = serde_json::from_str(metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // In the metadata, `publish = false` is an empty list of registries, and no restriction is `null`.
    let published = packages.filter(|package| package["publish"].is_null());
    let names = published.filter_map(|package| package["name"].as_str());
    Ok(names.map(ToOwned::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::output;

    fn metadata() -> String {
        output(cargo().args(["metadata", "--no-deps", "--format-version", "1"])).unwrap()
    }

    #[test]
    fn every_package_that_may_be_published_is_checked() {
        let mut packages = publishable(&metadata()).unwrap();
        let mut published = PUBLISHED.to_vec();
        packages.sort_unstable();
        published.sort_unstable();
        assert_eq!(packages, published);
    }

    #[test]
    fn each_has_what_a_registry_shows() {
        let metadata: serde_json::Value = serde_json::from_str(&metadata()).unwrap();
        for package in metadata["packages"].as_array().unwrap() {
            let name = package["name"].as_str().unwrap();
            if !PUBLISHED.contains(&name) {
                continue;
            }
            let texts = |key: &str| package[key].as_array().unwrap().len();
            assert!((1..=5).contains(&texts("keywords")), "{name}");
            assert!((1..=5).contains(&texts("categories")), "{name}");
            for key in ["description", "documentation", "license", "readme"] {
                assert!(package[key].is_string(), "{name}: {key}");
            }
        }
    }

    #[test]
    fn steps_are_selected_by_name() {
        let names = |asked: &[&str]| -> anyhow::Result<Vec<&str>> {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            Ok(selected(&asked)?.iter().map(|(name, _)| *name).collect())
        };
        assert_eq!(names(&[]).unwrap().len(), STEPS.len());
        assert_eq!(names(&["targets", "deny"]).unwrap(), ["deny", "targets"]);
        let error = names(&["publish"]).unwrap_err().to_string();
        assert!(error.starts_with("there is no step `publish`"), "{error}");
    }

    #[test]
    fn each_step_is_in_the_usage() {
        for (name, _) in STEPS {
            assert!(USAGE.contains(&format!("\n    {name} ")), "{name}");
        }
    }
}
