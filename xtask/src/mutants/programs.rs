//! Test programs, run with a mutant turned on.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, ensure};

use super::switches;
use crate::process::{self, Ended, Interruption};

/// A compiled test program.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) folder: PathBuf,
}

/// What a program says of a mutant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Every test passed.
    Passed,
    /// This test failed first, or the program ended before any could say so.
    Failed(String),
    TookTooLong,
}

/// What is known of a program from running it without a mutant.
pub(super) struct Tried {
    pub(super) program: Program,
    pub(super) seconds: f64,
    /// The mutants that it comes across.
    pub(super) met: BTreeSet<usize>,
}

impl Tried {
    /// The limit is generous, as a busy machine must not look like an endless loop.
    pub(super) fn limit(&self) -> Duration {
        Duration::from_secs_f64(30.0 + 8.0 * self.seconds)
    }
}

/// Runs a program without a mutant, and once more to see which it comes across.
pub(super) fn attempt(program: Program, interruption: &Interruption) -> anyhow::Result<Tried> {
    let long = Duration::from_secs(600);
    let began = Instant::now();
    let answer = run(&program, &[], long, interruption)?;
    let name = &program.name;
    ensure!(
        answer == Answer::Passed,
        "{name} without a mutant: {answer:?}"
    );
    let seconds = began.elapsed().as_secs_f64();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("met");
    let text = path
        .to_str()
        .context("the folder of temporary files is no text")?;
    run(&program, &[(switches::MET, text)], long, interruption)?;
    let met = fs::read_to_string(&path).unwrap_or_default();
    let met = met.lines().filter_map(|line| line.parse().ok()).collect();
    Ok(Tried {
        program,
        seconds,
        met,
    })
}

/// Runs a program until a test fails.
pub(super) fn run(
    program: &Program,
    variables: &[(&str, &str)],
    limit: Duration,
    interruption: &Interruption,
) -> anyhow::Result<Answer> {
    let (reader, writer) = std::io::pipe()?;
    let mut command = Command::new(&program.path);
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("RUST_BACKTRACE", "0")
        .env_remove("CARGO_TARGET_DIR")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::null());
    let (failed, failures) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).lines().map_while(Result::ok) {
            if let Some(test) = failed_test(&line) {
                let _ = failed.send(test.to_owned());
            }
        }
    });
    let mut first = None;
    let ended = process::run_group_until(&mut command, limit, interruption, || {
        first = first.take().or_else(|| failures.try_recv().ok());
        first.is_some()
    })?;
    Ok(match ended {
        Ended::Exited(status) if status.success() => Answer::Passed,
        Ended::Exited(status) => {
            let name = || failures.recv_timeout(Duration::from_secs(1)).ok();
            Answer::Failed(first.or_else(name).unwrap_or_else(|| status.to_string()))
        }
        Ended::Stopped => Answer::Failed(first.unwrap_or_default()),
        Ended::TookTooLong => Answer::TookTooLong,
    })
}

/// The test that a line of a test program says has failed.
fn failed_test(line: &str) -> Option<&str> {
    let test = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(test.split(" - should panic").next().unwrap_or(test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> (tempfile::TempDir, Program) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let program = Program {
            name: "program".to_owned(),
            path,
            folder: folder.path().to_owned(),
        };
        (folder, program)
    }

    fn answer(text: &str, limit: u64) -> Answer {
        let (_folder, program) = script(text);
        run(
            &program,
            &[],
            Duration::from_millis(limit),
            &Interruption::none(),
        )
        .unwrap()
    }

    #[test]
    fn a_program_is_ended_by_its_first_failure() {
        let text = "echo 'test a ... ok'; echo 'test b ... FAILED'; sleep 600";
        assert_eq!(answer(text, 60_000), Answer::Failed("b".to_owned()));
        assert_eq!(answer("exit 0", 60_000), Answer::Passed);
        assert_eq!(answer("sleep 600", 50), Answer::TookTooLong);
        let Answer::Failed(how) = answer("exit 3", 60_000) else {
            panic!("it failed")
        };
        assert!(how.contains('3'), "{how}");
    }

    #[test]
    fn a_program_names_the_mutants_that_it_comes_across() {
        let text = "[ -z \"$TRACED_MUTANTS_MET\" ] || printf '3\\n5\\n' >\"$TRACED_MUTANTS_MET\"";
        let (_folder, program) = script(text);
        let tried = attempt(program, &Interruption::none()).unwrap();
        assert_eq!(tried.met, BTreeSet::from([3, 5]));
        let (_folder, program) = script("exit 1");
        assert!(attempt(program, &Interruption::none()).is_err());
    }

    #[test]
    fn lines_of_failed_tests_name_them() {
        assert_eq!(failed_test("test a::b ... FAILED"), Some("a::b"));
        assert_eq!(failed_test("test a - should panic ... FAILED"), Some("a"));
        assert_eq!(failed_test("test a ... ok"), None);
    }
}
