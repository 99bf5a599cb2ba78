//! Annotates every function of published crates and checks that nothing changes: see
//! tests/corpus/README.md.

mod compiler;
mod copies;
mod examine;
mod kind;
mod list;
mod manifest;
pub(crate) mod migration;
mod report;
mod suite;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use crate::cargo::{cargo, succeed};
use crate::process::Interruption;
use crate::{Verdict, paths};
use copies::Copies;
use examine::Examiner;
use kind::Kind;

pub(crate) const USAGE: &str = "\
Annotates every function of published crates and checks that nothing changes.

    cargo xtask corpus [OPTION...] [NAME...]

    NAME...           crates to check; without any, all of the list in tests/corpus/crates.txt
    --ci              check the crates that the list marks with `ci`
    --no-run          compile only
    --clippy          compare clippy's warnings; implies --no-run
    --lock            only write tests/corpus/crates.lock, keeping the versions it has
    --scratch DIR     where to work, instead of target/corpus
    --traced DIR      another `traced` to check

tests/corpus/README.md describes the check and its list.
";

/// The list of crates, in tests/corpus.
const LIST: &str = "crates.txt";

struct Options {
    names: Vec<String>,
    ci: bool,
    runs_tests: bool,
    clippy: bool,
    lock: bool,
    scratch: PathBuf,
    traced: PathBuf,
}

impl Options {
    fn read(mut arguments: lexopt::Parser) -> anyhow::Result<Self> {
        let mut options = Self {
            names: Vec::new(),
            ci: false,
            runs_tests: true,
            clippy: false,
            lock: false,
            scratch: paths::target().join("corpus"),
            traced: paths::root().join("runtime"),
        };
        while let Some(argument) = arguments.next()? {
            use lexopt::Arg::{Long, Value};
            match argument {
                Long("ci") => options.ci = true,
                Long("no-run") => options.runs_tests = false,
                Long("clippy") => (options.clippy, options.runs_tests) = (true, false),
                Long("lock") => options.lock = true,
                Long("scratch") => options.scratch = arguments.value()?.into(),
                Long("traced") => options.traced = arguments.value()?.into(),
                Value(name) => options.names.push(name.to_string_lossy().into_owned()),
                _ => return Err(argument.unexpected().into()),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let options = Options::read(arguments)?;
    let folder = paths::root().join("tests/corpus");
    let text = fs::read_to_string(folder.join(LIST))?;
    let crates = list::choose(list::read(&text)?, LIST, &options.names, options.ci)?;
    let interruption = Interruption::watch()?;
    fs::create_dir_all(&options.scratch)?;
    let scratch = options.scratch.canonicalize()?;
    let copies = Copies {
        scratch: &scratch,
        traced: &options
            .traced
            .canonicalize()
            .context("there is no such `traced`")?,
        lock: &folder.join("crates.lock"),
    };
    let counts = copies.prepare(&crates)?;
    if options.lock {
        write_lock(&copies)?;
        return Ok(Verdict::Passed);
    }

    println!(
        "logs: {}\ntests: passed/failed/ignored\n",
        scratch.join("logs").display()
    );
    println!("{}", report::TITLES);
    let examiner = |kind| Examiner {
        scratch: &scratch,
        kind,
        clippy: options.clippy,
        runs_tests: options.runs_tests,
        limit: examine::LIMIT,
        interruption: &interruption,
    };
    let (plain, annotated) = (examiner(Kind::Plain), examiner(Kind::Annotated));
    let mut same = 0;
    for (examined, counted) in crates.iter().zip(&counts) {
        let is_same = report::check(examined, counted, &plain, &annotated)?;
        same += usize::from(is_same);
    }
    print!("\n{}", report::totals(&counts, same));
    Ok(Verdict::passed_if(same == crates.len()))
}

/// The annotated workspace needs all that the plain workspace needs, so its lock serves both.
fn write_lock(copies: &Copies<'_>) -> anyhow::Result<()> {
    let workspace = copies.scratch.join(Kind::Annotated.folder());
    let command = if copies.lock.exists() {
        "fetch"
    } else {
        "generate-lockfile"
    };
    succeed(
        cargo()
            .args([command, "--manifest-path"])
            .arg(workspace.join("Cargo.toml")),
    )?;
    fs::copy(workspace.join("Cargo.lock"), copies.lock)?;
    println!("wrote {}", copies.lock.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use list::Crate;

    fn options(words: &[&str]) -> Options {
        Options::read(lexopt::Parser::from_args(words)).unwrap()
    }

    fn choose(words: &[&str], crates: Vec<Crate>) -> anyhow::Result<Vec<Crate>> {
        let options = options(words);
        list::choose(crates, LIST, &options.names, options.ci)
    }

    fn chosen(words: &[&str]) -> Vec<String> {
        let crates = list::read("http 1.0.0 ci\nbytes 1.0.0\n").unwrap();
        let chosen = choose(words, crates).unwrap();
        chosen.into_iter().map(|chosen| chosen.name).collect()
    }

    #[test]
    fn options_say_what_is_compared() {
        let compared = |words: &[&str]| {
            let Options {
                runs_tests,
                clippy,
                lock,
                ..
            } = options(words);
            (runs_tests, clippy, lock)
        };
        assert_eq!(compared(&[]), (true, false, false));
        assert_eq!(compared(&["--no-run"]), (false, false, false));
        assert_eq!(compared(&["--clippy"]), (false, true, false));
        assert_eq!(compared(&["--lock"]), (true, false, true));
    }

    #[test]
    fn crates_are_chosen_by_name_or_by_mark() {
        assert_eq!(chosen(&[]), ["http", "bytes"]);
        assert_eq!(chosen(&["--ci"]), ["http"]);
        assert_eq!(chosen(&["bytes", "--ci"]), ["bytes"]);
        let unknown = choose(&["tower"], Vec::new()).err().unwrap();
        assert_eq!(
            unknown.to_string(),
            "`tower` is not in tests/corpus/crates.txt"
        );
    }
}
