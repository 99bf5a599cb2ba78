//! Compiles the copies of one kind and runs their tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::compiler::{Compilation, Diagnostics};
use super::kind::Kind;
use super::list::Crate;
use super::suite::{Suite, Tests};
use crate::cargo::cargo;
use crate::process::{Interruption, run_group};

/// Long enough for the slowest suite on a small machine; a deadlock must not stop the whole corpus.
pub(super) const LIMIT: Duration = Duration::from_secs(300);

/// The diagnostics and the tests of a copy of a crate.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) errors: Diagnostics,
    pub(super) warnings: Diagnostics,
    pub(super) tests: Tests,
    /// The reasons why the copy could not be examined in full.
    pub(super) trouble: Vec<String>,
}

pub(super) struct Examiner<'a> {
    pub(super) scratch: &'a Path,
    pub(super) kind: Kind,
    pub(super) clippy: bool,
    pub(super) runs_tests: bool,
    /// How long a compilation may take, and then the tests.
    pub(super) limit: Duration,
    pub(super) interruption: &'a Interruption,
}

/// A run of cargo, whose output went to a file.
struct Log {
    path: PathBuf,
    text: String,
    timed_out: bool,
}

impl Examiner<'_> {
    pub(super) fn examine(&self, listed: &Crate) -> anyhow::Result<Outcome> {
        let mut outcome = self.compile(listed)?;
        if self.runs_tests && !listed.lib && outcome.errors.is_empty() && outcome.trouble.is_empty()
        {
            self.run_suite(listed, &mut outcome, "test", "--tests")?;
            if listed.doc {
                self.run_suite(listed, &mut outcome, "doc", "--doc")?;
            }
        }
        Ok(outcome)
    }

    /// Where the logs of a crate are.
    pub(super) fn logs(&self, listed: &Crate) -> PathBuf {
        self.scratch.join("logs").join(&listed.name)
    }

    fn compile(&self, listed: &Crate) -> anyhow::Result<Outcome> {
        let (command, caps): (&[&str], &[&str]) = if self.clippy {
            // What a crate's own lints forbid would hide the warnings behind it.
            (
                &["clippy", "--tests", "--keep-going"],
                &["--cap-lints", "warn"],
            )
        } else if listed.lib {
            (&["check", "--lib"], &[])
        } else {
            (&["test", "--tests", "--no-run", "--no-fail-fast"], &[])
        };
        let command = [command, &["--message-format", "json"]].concat();
        let log = self.cargo(listed, "compile", &command, caps)?;
        let manifest = self.folder(listed).join("Cargo.toml");
        let compilation = Compilation::read(&log.text, &manifest)?;
        fs::write(&log.path, &compilation.rendered)?;
        let mut trouble = Vec::new();
        if log.timed_out {
            trouble.push("compiling took too long".to_owned());
        }
        if compilation.errors.is_empty() && !compilation.rendered.contains("Finished") {
            trouble.push(format!("cargo failed, see {}", log.path.display()));
        }
        Ok(Outcome {
            errors: compilation.errors,
            warnings: compilation.warnings,
            tests: BTreeMap::new(),
            trouble,
        })
    }

    fn run_suite(
        &self,
        listed: &Crate,
        outcome: &mut Outcome,
        log_name: &str,
        targets: &str,
    ) -> anyhow::Result<()> {
        let skips: Vec<&str> = listed
            .unfit
            .iter()
            .flat_map(|name| ["--skip", name])
            .collect();
        let log = self.cargo(
            listed,
            log_name,
            &["test", targets, "--no-fail-fast"],
            &skips,
        )?;
        let path = log.path.display();
        if log.timed_out {
            let limit = self.limit.as_secs();
            outcome
                .trouble
                .push(format!("the tests took longer than {limit} s, see {path}"));
        }
        let Suite {
            tests,
            read,
            announced,
        } = Suite::read(&log.text);
        if read != announced {
            outcome.trouble.push(format!(
                "the results in {path} do not add up: {read} of {announced}"
            ));
        }
        outcome.tests.extend(tests);
        Ok(())
    }

    /// Both streams go to one file, because the lines of tests are in one of them, and their
    /// headers in the other.
    fn cargo(
        &self,
        listed: &Crate,
        log_name: &str,
        command: &[&str],
        more: &[&str],
    ) -> anyhow::Result<Log> {
        let logs = self.logs(listed);
        fs::create_dir_all(&logs)?;
        let path = logs.join(format!("{}.{log_name}.log", self.kind.folder()));
        let file = fs::File::create(&path)?;
        let mut cargo = cargo();
        cargo
            .args(command)
            .args(&listed.flags)
            .arg("--manifest-path")
            .arg(self.folder(listed).join("Cargo.toml"))
            .arg("--")
            .args(more)
            .env("CARGO_TARGET_DIR", self.scratch.join("target"))
            .env("CARGO_TERM_COLOR", "never")
            // A release that needs a newer compiler than this repository's is not chosen.
            .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback")
            // With one thread libtest prints name and result apart, and a test's output between them.
            .env("RUST_TEST_THREADS", if listed.serial { "1" } else { "2" })
            // Snapshot tests must not write into the copy.
            .env("INSTA_UPDATE", "no")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let status = run_group(&mut cargo, self.limit, self.interruption)?;
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        Ok(Log {
            path,
            text,
            timed_out: status.is_none(),
        })
    }

    fn folder(&self, listed: &Crate) -> PathBuf {
        self.scratch.join(self.kind.folder()).join(&listed.name)
    }
}
