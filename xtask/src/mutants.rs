//! Asks the tests about every mutant of `cargo mutants` at once: one build has them all, each behind a switch.
//!
//! `cargo mutants` compiles each mutant anew, which takes most of a minute where the library and its tests are
//! linked again. Here a mutant takes as long as the tests that come across it.

mod asked;
mod compile;
mod listed;
mod programs;
mod report;
mod sets;
mod switches;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::bail;

use self::asked::Asked;
use self::compile::Tree;
use self::listed::Mutant;
use self::programs::{Answer, Tried};
use self::report::{Outcome, Outcomes};
use self::sets::{SETS, Set};
use crate::Verdict;
use crate::cargo::{cargo, is_installed, output};
use crate::paths;
use crate::process::Interruption;

pub(crate) const USAGE: &str = "\
Asks the tests about every mutant of the core files, compiled together, each behind a switch.

    cargo xtask mutants [macros | runtime | queue] [--file PART] [--first PART ..]
                        [--tests PROGRAM[::PATH][,..]] [--again] [--build-only]

    --file PART     only of files whose path has this in it
    --first PART    of files whose path has this in it before all others
    --tests LIST    only these test programs, or of a program the tests in a module (`behaviour,traced::span`); the
                    program of the unit tests has the name of its crate; `settings`, which takes long, is asked only
                    if it is named
    --again         also of the mutants that survived when they were last asked about; and without `--tests` of those
                    that took too long
    --build-only    compiles, and says which do not compile

The mutants are those that `cargo mutants --list` prints (`cargo install --locked cargo-mutants`). Answers are kept in
`target/mutants`; what has one is not asked again. docs/mutants.md has what came of it.
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let (mut sets, mut part, mut first) = (Vec::new(), String::new(), Vec::new());
    let mut asked = Asked::all();
    let (mut is_again, mut is_build) = (false, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(name) => sets.push(sets::set_of(&name.to_string_lossy())?),
            lexopt::Arg::Long("file") => part = arguments.value()?.to_string_lossy().into_owned(),
            lexopt::Arg::Long("first") => {
                first.push(arguments.value()?.to_string_lossy().into_owned());
            }
            lexopt::Arg::Long("tests") => {
                asked = Asked::read(&arguments.value()?.to_string_lossy());
            }
            lexopt::Arg::Long("again") => is_again = true,
            lexopt::Arg::Long("build-only") => is_build = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if !is_installed("cargo-mutants") {
        bail!("`cargo install --locked cargo-mutants`, then `cargo xtask mutants`");
    }
    if sets.is_empty() {
        sets.extend(SETS);
    }
    let interruption = Interruption::watch()?;
    let folder = paths::target().join("mutants");
    for set in sets {
        println!("\n-- {}", set.name);
        let mutants = listed(set, &part)?;
        let mut outcomes = Outcomes::open(&folder, set.name)?;
        let is_unviable = |mutant: &&Mutant| outcomes.of(mutant) == Some(&Outcome::Unviable);
        let known = mutants.iter().filter(is_unviable).map(|mutant| mutant.id);
        let tree = Tree::copy(folder.join(set.name), set, &mutants)?;
        let (programs, unviable) = tree.compile(set, &asked, &mutants, known.collect())?;
        println!(
            "{} mutants, {} do not compile",
            mutants.len(),
            unviable.len()
        );
        for mutant in mutants
            .iter()
            .filter(|mutant| unviable.contains(&mutant.id))
        {
            outcomes.add(mutant, Outcome::Unviable)?;
        }
        if is_build {
            continue;
        }
        let is_asked = |mutant: &&Mutant| {
            let known = outcomes.of(mutant);
            known.is_none_or(|known| is_again && known.may_change(asked.are_all()))
        };
        let mut in_turn = in_turn(&mutants, &first);
        in_turn.retain(is_asked);
        let ids = in_turn.iter().map(|mutant| mutant.id).collect();
        let mut tried = Vec::new();
        for program in programs {
            let program = programs::attempt(program, &asked, &ids, &interruption)?;
            println!("{program}");
            tried.push(program);
        }
        for mutant in in_turn {
            let outcome = ask(mutant, &tried, &interruption)?;
            if outcome.is_survival() {
                println!("{outcome}: {}", mutant.name);
            }
            outcomes.add(mutant, outcome)?;
        }
        print!("\n{}", outcomes.table(&mutants));
    }
    Ok(Verdict::Passed)
}

fn listed(set: &Set, part: &str) -> anyhow::Result<Vec<Mutant>> {
    let mut list = cargo();
    list.args(["mutants", "--list", "--json"]);
    list.args(["-p", set.package]);
    for files in set.files {
        list.args(["-f", files]);
    }
    for files in set.left_out {
        list.args(["-e", files]);
    }
    let mut mutants = listed::read(&output(&mut list)?)?;
    mutants.retain(|mutant| mutant.file.contains(part));
    Ok(mutants)
}

/// The order in which mutants are asked about. A run that is ended has asked about some of every file, or of every
/// file that was to come first.
fn in_turn<'a>(mutants: &'a [Mutant], first: &[String]) -> Vec<&'a Mutant> {
    let mut in_turn: Vec<&Mutant> = mutants.iter().collect();
    in_turn.sort_by_key(|mutant| {
        let is_first = first.iter().any(|part| mutant.file.contains(part));
        (!is_first, hash(&mutant.name))
    });
    in_turn
}

/// Tests that take longer are asked after all others. This is in seconds.
const LONG: f64 = 1.0;

/// Asks the tests that come across the mutant, those of the program that takes the least time first.
fn ask(mutant: &Mutant, tried: &[Tried], interruption: &Interruption) -> anyhow::Result<Outcome> {
    let id = mutant.id.to_string();
    let variables = [(switches::ASKED, id.as_str())];
    let mut outcome = Outcome::NotMet;
    let programs = tried.iter().flat_map(|tried| {
        let tests = tried.tests(mutant.id).into_iter();
        let (long, short): (Vec<&str>, Vec<&str>) =
            tests.partition(|test| tried.seconds_of(&[test]) > LONG);
        [(short, tried), (long, tried)]
    });
    let mut programs: Vec<_> = programs.filter(|(tests, _)| !tests.is_empty()).collect();
    programs.sort_by(|(one, by_one), (other, by_other)| {
        let seconds = by_one.seconds_of(one);
        seconds.total_cmp(&by_other.seconds_of(other))
    });
    for (mut tests, tried) in programs {
        let (program, limit) = (&tried.program, tried.limit(&tests));
        let name = &program.name;
        outcome = Outcome::Survived;
        while !tests.is_empty() {
            let run =
                |tests: &[&str]| programs::run(program, tests, &variables, limit, interruption);
            let failed = match run(&tests)? {
                Answer::Passed => break,
                Answer::Failed(test) => test,
                Answer::TookTooLong => return Ok(Outcome::TookTooLong(name.clone())),
            };
            // On a busy machine a test may fail without a reason in the mutant, but hardly twice.
            let is_test = tests.contains(&&*failed);
            if !is_test || run(&[&*failed])? != Answer::Passed {
                return Ok(Outcome::Caught(format!("{name}: {failed}")));
            }
            tests.retain(|test| *test != failed);
        }
    }
    Ok(outcome)
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::programs::Program;
    use super::*;

    fn mutants(files: &[&str]) -> Vec<Mutant> {
        let place = json!({"line": 1, "column": 1});
        let mutants = files.iter().map(|file| {
            json!({"name": format!("{file}: a"), "file": file, "genre": "FnValue", "replacement": "()",
                "span": {"start": place, "end": place}})
        });
        let listed = serde_json::Value::from_iter(mutants);
        listed::read(&listed.to_string()).unwrap()
    }

    #[test]
    fn files_that_come_first_are_asked_before_others() {
        let mutants = mutants(&["a.rs", "b.rs", "c/d.rs", "e.rs", "c/f.rs"]);
        let first = ["c/".to_owned(), "e".to_owned()];
        let files = |first: &[String]| -> Vec<&str> {
            let in_turn = in_turn(&mutants, first);
            in_turn.iter().map(|mutant| &*mutant.file).collect()
        };
        let (with, without) = (files(&first), files(&[]));
        let mut begin = with[..3].to_vec();
        begin.sort_unstable();
        assert_eq!(begin, ["c/d.rs", "c/f.rs", "e.rs"]);
        let of_first = |file: &&&str| begin.contains(*file);
        let (one, other) = (with.iter(), without.iter());
        assert!(one.filter(of_first).eq(other.filter(of_first)));
    }

    /// A program with the tests `a` and `b`, which come across the mutants 1 and 2.
    fn outcome(script: &str) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let text = format!(
            "#!/bin/sh\ncd '{}'\ncase \"$*\" in --list*) printf 'a: test\nb: test\n'; exit;; esac\n\
             if [ -n \"$MUTANTS_MET\" ]; then printf '1\n2\n' >\"$MUTANTS_MET\"; exit; fi\n\
             if [ -z \"$MUTANT\" ]; then exit; fi\n{script}\n",
            folder.path().display()
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let program = Program {
            name: "program".to_owned(),
            path,
            folder: folder.path().to_owned(),
        };
        let tried =
            programs::attempt(program, &Asked::all(), &[1].into(), &Interruption::none()).unwrap();
        ask(&mutants(&["a.rs"])[0], &[tried], &Interruption::none()).unwrap()
    }

    #[test]
    fn a_test_that_fails_once_does_not_catch_a_mutant() {
        let fails = "echo \"test a ... FAILED\"; exit 1";
        let caught = Outcome::Caught("program: a".to_owned());
        assert_eq!(outcome(fails), caught);
        let once = format!("if [ ! -e failed ]; then touch failed; {fails}; fi");
        assert_eq!(outcome(&once), Outcome::Survived);
        // The other tests are asked still.
        let another = format!(
            "{once}; if [ \"$*\" = '--exact b' ]; then echo 'test b ... FAILED'; exit 1; fi"
        );
        assert_eq!(outcome(&another), Outcome::Caught("program: b".to_owned()));
        assert_eq!(outcome("exit 0"), Outcome::Survived);
    }
}
