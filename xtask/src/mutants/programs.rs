//! Test programs, run with a mutant turned on.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

use anyhow::{Context, bail};

use super::asked::Asked;
use super::switches;
use crate::cargo::output;
use crate::process::{self, Ended, Interruption};

/// A compiled test program.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) folder: PathBuf,
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("RUST_BACKTRACE", "0")
            .env_remove("CARGO_TARGET_DIR");
        command
    }
}

/// How long a program, or a test, may take without a mutant.
const LIMIT: Duration = Duration::from_secs(600);

/// How many tests run at a time, each in a process of its own, to see what they come across.
const WORKERS: usize = 3;

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
    seconds: f64,
    tests: BTreeMap<String, Test>,
}

/// What is known of a test from running it alone.
struct Test {
    seconds: f64,
    /// The mutants that it comes across.
    met: BTreeSet<usize>,
}

impl Tried {
    /// The limit is generous, as a busy machine must not look like an endless loop.
    pub(super) fn limit(&self, tests: &[&str]) -> Duration {
        Duration::from_secs_f64(30.0 + 8.0 * self.seconds_of(tests))
    }

    /// How long these tests took, each alone.
    pub(super) fn seconds_of(&self, tests: &[&str]) -> f64 {
        let tests = tests.iter().filter_map(|name| self.tests.get(*name));
        tests.map(|test| test.seconds).sum()
    }

    /// The tests that come across a mutant.
    pub(super) fn tests(&self, mutant: usize) -> Vec<&str> {
        let tests = self.tests.iter();
        let tests = tests.filter(|(_, test)| test.met.contains(&mutant));
        tests.map(|(name, _)| &**name).collect()
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = self.tests.values().flat_map(|test| &test.met);
        let met = met.collect::<BTreeSet<_>>().len();
        let (name, tests) = (&self.program.name, self.tests.len());
        let seconds = self.seconds;
        write!(
            formatter,
            "{name}: {tests} tests in {seconds:.1} s come across {met} mutants"
        )
    }
}

/// Runs a program without a mutant. If it comes across one of `mutants`, each of its tests that are asked is run once
/// more, alone, to see which mutants that comes across.
pub(super) fn attempt(
    program: Program,
    asked: &Asked,
    mutants: &BTreeSet<usize>,
    interruption: &Interruption,
) -> anyhow::Result<Tried> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("met");
    let path = path
        .to_str()
        .context("the folder of temporary files is no text")?;
    let met = [(switches::MET, path)];
    let mut left_out = BTreeSet::new();
    let (seconds, tests) = loop {
        let began = Instant::now();
        let (name, tests) = (&program.name, asked_of(&program, asked, &left_out)?);
        match run(&program, &tests, &met, LIMIT, interruption)? {
            Answer::Passed => break (began.elapsed().as_secs_f64(), tests),
            // One may read the sources and not like the switches in them.
            Answer::Failed(test) if left_out.len() < 3 && !test.contains(' ') => {
                println!("{name}: {test} fails without a mutant, and is left out");
                left_out.insert(test);
            }
            answer => bail!("{name} without a mutant: {answer:?}"),
        }
    };
    let tests = match read_met(path).is_disjoint(mutants) {
        true => BTreeMap::new(),
        false => alone(&program, &tests, interruption)?,
    };
    Ok(Tried {
        program,
        seconds,
        tests,
    })
}

/// Runs each of the tests alone.
fn alone(
    program: &Program,
    tests: &[String],
    interruption: &Interruption,
) -> anyhow::Result<BTreeMap<String, Test>> {
    let folder = tempfile::tempdir()?;
    let (next, known) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || -> anyhow::Result<()> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(test) = tests.get(index).map(String::as_str) else {
                return Ok(());
            };
            let path = folder.path().join(index.to_string());
            let path = path
                .to_str()
                .context("the folder of temporary files is no text")?;
            let began = Instant::now();
            run(
                program,
                &[test],
                &[(switches::MET, path)],
                LIMIT,
                interruption,
            )?;
            let seconds = began.elapsed().as_secs_f64();
            let met = read_met(path);
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(test.to_owned(), Test { seconds, met });
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended.flatten().collect::<anyhow::Result<()>>()
    })?;
    Ok(known.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The numbers in a file that a program appended those of the mutants to which it came across.
fn read_met(path: &str) -> BTreeSet<usize> {
    let lines = fs::read_to_string(path).unwrap_or_default();
    lines.lines().filter_map(|line| line.parse().ok()).collect()
}

/// The tests of a program that are asked, without some.
fn asked_of(
    program: &Program,
    asked: &Asked,
    left_out: &BTreeSet<String>,
) -> anyhow::Result<Vec<String>> {
    let listed = output(program.command().args(["--list", "--format", "terse"]))?;
    let tests = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    let tests = tests.filter(|test| asked.has(&program.name, test) && !left_out.contains(*test));
    Ok(tests.map(ToOwned::to_owned).collect())
}

/// Runs these tests of a program, or all of them if none is named, until one fails.
pub(super) fn run(
    program: &Program,
    tests: &[impl AsRef<OsStr>],
    variables: &[(&str, &str)],
    limit: Duration,
    interruption: &Interruption,
) -> anyhow::Result<Answer> {
    let (reader, writer) = std::io::pipe()?;
    let mut command = program.command();
    if !tests.is_empty() {
        command.arg("--exact").args(tests);
    }
    command
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
            &["a"],
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

    fn tried(text: &str, asked: &str, mutant: usize) -> anyhow::Result<Tried> {
        let (_folder, program) = script(text);
        let asked = match asked {
            "" => Asked::all(),
            asked => Asked::read(asked),
        };
        attempt(program, &asked, &[mutant].into(), &Interruption::none())
    }

    /// A program whose tests are `a`, which comes across the mutants 3 and 5, and `b`; each run of one test is noted.
    const TESTS: &str = "case \"$*\" in --list*) printf 'a: test\nb: test\nc: benchmark\n';; \
                         '--exact a') printf '3\n5\n' >>\"$MUTANTS_MET\";; '--exact b') ;; \
                         '--exact a b') printf '3\n5\n' >>\"$MUTANTS_MET\";; *) exit 1;; esac";

    #[test]
    fn the_mutants_that_each_test_comes_across_are_known() {
        let tried_of = |mutant| tried(TESTS, "", mutant).unwrap();
        let tried = tried_of(3);
        assert_eq!(tried.tests(3), ["a"]);
        assert_eq!(tried.tests(4), [""; 0]);
        assert!(tried.seconds_of(&["a"]) > 0.0);
        assert!(tried.limit(&["a"]) > Duration::from_secs(30));
        let text = tried.to_string();
        assert!(text.starts_with("program: 2 tests in "), "{text}");
        // A program that comes across none of those that are asked about has none of its tests run alone.
        assert!(tried_of(4).tests.is_empty());
    }

    #[test]
    fn a_program_that_fails_without_a_mutant_is_an_error() {
        assert!(tried("exit 1", "", 3).is_err());
    }

    #[test]
    fn tests_that_are_not_asked_are_not_run() {
        let tried = tried(TESTS, "program::a", 3).unwrap();
        assert_eq!(tried.tests.keys().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn lines_of_failed_tests_name_them() {
        assert_eq!(failed_test("test a::b ... FAILED"), Some("a::b"));
        assert_eq!(failed_test("test a - should panic ... FAILED"), Some("a"));
        assert_eq!(failed_test("test a ... ok"), None);
    }
}
