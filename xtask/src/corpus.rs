//! Annotates every function of published crates and checks that nothing changes: see
//! tests/corpus/README.md.

mod compiler;
mod copies;
mod examine;
mod judged;
mod kind;
mod list;
mod manifest;
pub(crate) mod migration;
mod missing;
mod options;
pub(crate) mod reading;
mod report;
mod suite;

use std::fs;

use crate::cargo::{cargo, succeed};
use crate::process::Interruption;
use crate::{Verdict, paths};
use copies::Copies;
use examine::Examiner;
use kind::Kind;
use options::Options;

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

pub(crate) fn run(arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let (mut clippy, mut lock) = (false, false);
    let flags = &mut [("clippy", &mut clippy), ("lock", &mut lock)];
    let options = Options::read(arguments, "corpus", flags)?;
    let folder = paths::root().join("tests/corpus");
    let text = fs::read_to_string(folder.join(LIST))?;
    let crates = list::choose(list::read(&text)?, LIST, &options.names, options.ci)?;
    let interruption = Interruption::watch()?;
    let copies = Copies::new(&options, Some(folder.join("crates.lock")))?;
    let scratch = &copies.scratch;
    let counts = copies.prepare(&crates)?;
    if lock {
        write_lock(&copies)?;
        return Ok(Verdict::Passed);
    }

    println!(
        "logs: {}\ntests: passed/failed/ignored\n",
        scratch.join("logs").display()
    );
    println!("{}", report::TITLES);
    let examiner = |kind| Examiner {
        scratch,
        kind,
        clippy,
        runs_tests: options.runs_tests && !clippy,
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
fn write_lock(copies: &Copies) -> anyhow::Result<()> {
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
    fs::copy(workspace.join("Cargo.lock"), &copies.lock)?;
    println!("wrote {}", copies.lock.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use list::Crate;

    fn choose(words: &[&str], crates: Vec<Crate>) -> anyhow::Result<Vec<Crate>> {
        let arguments = lexopt::Parser::from_args(words);
        let options = Options::read(arguments, "corpus", &mut [])?;
        list::choose(crates, LIST, &options.names, options.ci)
    }

    fn chosen(words: &[&str]) -> Vec<String> {
        let crates = list::read("http 1.0.0 ci\nbytes 1.0.0\n").unwrap();
        let chosen = choose(words, crates).unwrap();
        chosen.into_iter().map(|chosen| chosen.name).collect()
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
