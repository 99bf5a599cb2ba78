//! Asks the tests about every mutant of `cargo mutants` at once: one build has them all, each behind a switch.
//!
//! `cargo mutants` compiles each mutant anew, which takes most of a minute where the library and its tests are
//! linked again. Here a mutant takes as long as the tests that come across it.

mod compile;
mod listed;
mod programs;
mod report;
mod sets;
mod switches;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::bail;

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

    cargo xtask mutants [macros | runtime] [--file PART] [--again] [--build-only]

    --file PART     only of files whose path has this in it
    --again         also of the mutants that survived when they were last asked about
    --build-only    compiles, and says which do not compile

The mutants are those that `cargo mutants --list` prints (`cargo install --locked cargo-mutants`). Answers are kept in
`target/mutants`; what has one is not asked again. docs/mutants.md has what came of it.
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let (mut asked, mut part) = (Vec::new(), String::new());
    let (mut is_again, mut is_build) = (false, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(name) => asked.push(sets::set_of(&name.to_string_lossy())?),
            lexopt::Arg::Long("file") => part = arguments.value()?.to_string_lossy().into_owned(),
            lexopt::Arg::Long("again") => is_again = true,
            lexopt::Arg::Long("build-only") => is_build = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if !is_installed("cargo-mutants") {
        bail!("`cargo install --locked cargo-mutants`, then `cargo xtask mutants`");
    }
    if asked.is_empty() {
        asked.extend(SETS);
    }
    let interruption = Interruption::watch()?;
    let folder = paths::target().join("mutants");
    for set in asked {
        println!("\n-- {}", set.name);
        let mutants = listed(set, &part)?;
        let mut outcomes = Outcomes::open(&folder, set.name)?;
        let is_unviable = |mutant: &&Mutant| outcomes.of(mutant) == Some(&Outcome::Unviable);
        let known = mutants.iter().filter(is_unviable).map(|mutant| mutant.id);
        let tree = Tree::copy(folder.join(set.name), set, &mutants)?;
        let (programs, unviable) = tree.compile(set, &mutants, known.collect())?;
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
        let mut tried = Vec::new();
        for program in programs {
            let program = programs::attempt(program, &interruption)?;
            println!("{program}");
            tried.push(program);
        }
        let mut in_turn: Vec<&Mutant> = mutants.iter().collect();
        // A run that is ended has asked about some of every file.
        in_turn.sort_by_key(|mutant| hash(&mutant.name));
        for mutant in in_turn {
            let is_asked = outcomes
                .of(mutant)
                .is_none_or(|known| is_again && known.is_survival());
            if is_asked {
                let outcome = ask(mutant, &tried, &interruption)?;
                if outcome.is_survival() {
                    println!("{outcome}: {}", mutant.name);
                }
                outcomes.add(mutant, outcome)?;
            }
        }
        print!("\n{}", outcomes.table(&mutants));
    }
    Ok(Verdict::Passed)
}

fn listed(set: &Set, part: &str) -> anyhow::Result<Vec<Mutant>> {
    let mut list = cargo();
    list.args(["mutants", "--list", "--json"]);
    let package = set.library[1];
    list.args(["-p", package]);
    for files in set.files {
        list.args(["-f", files]);
    }
    let mut mutants = listed::read(&output(&mut list)?)?;
    mutants.retain(|mutant| mutant.file.contains(part));
    Ok(mutants)
}

/// Asks the tests that come across the mutant, those of the program with the fewest first.
fn ask(mutant: &Mutant, tried: &[Tried], interruption: &Interruption) -> anyhow::Result<Outcome> {
    let id = mutant.id.to_string();
    let variables = [(switches::ASKED, id.as_str())];
    let mut outcome = Outcome::NotMet;
    let programs = tried.iter().map(|tried| (tried.tests(mutant.id), tried));
    let mut programs: Vec<_> = programs.filter(|(tests, _)| !tests.is_empty()).collect();
    programs.sort_by_key(|(tests, _)| tests.len());
    for (tests, tried) in programs {
        let (program, limit) = (&tried.program, tried.limit());
        let name = &program.name;
        match programs::run(program, &tests, &variables, limit, interruption)? {
            Answer::Passed => outcome = Outcome::Survived,
            Answer::Failed(test) => return Ok(Outcome::Caught(format!("{name}: {test}"))),
            Answer::TookTooLong => return Ok(Outcome::TookTooLong(name.clone())),
        }
    }
    Ok(outcome)
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
