//! Migrates published crates from `tracing` and compares their tests: see tests/corpus/README.md.
//!
//! Each copy is a workspace of its own, as these crates depend on each other's older versions. All
//! share a target folder, so that what they have in common is built once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::copies::{Copies, build_cargo_traced, remove_folder};
use super::examine::{Examiner, Outcome};
use super::kind::Kind;
use super::list::{self, Crate};
use super::manifest;
use super::missing::{self, Sources};
use super::options::Options;
use super::report::different_tests;
use super::suite::Tally;
use crate::process::Interruption;
use crate::{Verdict, paths};

pub(crate) const USAGE: &str = "\
Migrates published crates from tracing and compares their tests.

    cargo xtask migrate-corpus [OPTION...] [NAME...]

    NAME...           crates to migrate; without any, all of the list in tests/corpus/migrated.txt
    --ci              migrate the crates that the list marks with `ci`
    --no-run          compile only
    --check           check the libraries alone; build and run no tests
    --only-migrate    print what `migrate` changes and leaves; compile nothing
    --scratch DIR     where to work, instead of target/migrate-corpus
    --traced DIR      another `traced` to depend on

tests/corpus/README.md describes the check and its list.
";

/// Most of it goes to the dependencies, which are built with the first crate that has them.
const LIMIT: Duration = Duration::from_secs(45 * 60);

/// The list of crates, in tests/corpus.
const LIST: &str = "migrated.txt";

pub(crate) fn run(arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let (mut only_migrates, mut only_checks) = (false, false);
    let flags = &mut [
        ("only-migrate", &mut only_migrates),
        ("check", &mut only_checks),
    ];
    let options = Options::read(arguments, "migrate-corpus", flags)?;
    let text = fs::read_to_string(paths::root().join("tests/corpus").join(LIST))?;
    let mut crates = list::choose(list::read(&text)?, LIST, &options.names, options.ci)?;
    for listed in &mut crates {
        listed.lib |= only_checks;
    }
    let interruption = Interruption::watch()?;
    let copies = Copies::new(&options, None)?;
    let check = Check {
        copies,
        migrator: build_cargo_traced()?,
        only_migrates,
        runs_tests: options.runs_tests,
        interruption: &interruption,
    };
    println!(
        "logs: {}\ntests: passed/failed/ignored\n",
        check.copies.scratch.join("logs").display()
    );
    println!("{TITLES}");
    let mut same = 0;
    for listed in &crates {
        let checked = check.row(listed);
        let (row, is_same) = as_row(listed, checked, interruption.happened())?;
        println!("{row}");
        same += usize::from(is_same);
    }
    if !only_migrates {
        println!("{same} of {} crates the same", crates.len());
    }
    Ok(Verdict::passed_if(same == crates.len()))
}

/// What is done with each crate.
struct Check<'a> {
    copies: Copies,
    migrator: PathBuf,
    only_migrates: bool,
    runs_tests: bool,
    interruption: &'a Interruption,
}

impl Check<'_> {
    /// The row of a crate, and whether its copies do the same.
    fn row(&self, listed: &Crate) -> anyhow::Result<(String, bool)> {
        let scratch = &self.copies.scratch;
        let migrated = migrate(&self.copies, listed, &self.migrator)?;
        if self.only_migrates {
            return Ok((migrated.row(listed), true));
        }
        let before = self.examiner(Kind::Plain).examine(listed)?;
        share_lock(scratch, listed)?;
        let examiner = self.examiner(Kind::Migrated);
        let after = examiner.examine(listed)?;
        let differences = different_tests(&before.tests, &after.tests);
        let errors = after.errors.values().cloned();
        let log: Vec<String> = errors.chain(differences.iter().cloned()).collect();
        fs::write(examiner.logs(listed).join("findings.log"), log.join("\n"))?;
        let verdict = verdict(&before, &after, differences.len());
        let tests = |outcome: &Outcome| match listed.lib {
            true => "not built".to_owned(),
            false => Tally::of(&outcome.tests).to_string(),
        };
        let row = format!(
            "{} {:>14} {:>14}  {verdict}",
            migrated.row(listed),
            tests(&before),
            tests(&after)
        );
        Ok((row, verdict == SAME))
    }

    fn examiner(&self, kind: Kind) -> Examiner<'_> {
        Examiner {
            scratch: &self.copies.scratch,
            kind,
            clippy: false,
            runs_tests: self.runs_tests,
            limit: LIMIT,
            interruption: self.interruption,
        }
    }
}

/// A crate that cannot be had, or whose manifest cargo refuses, is a row and does not end a run of hours.
fn as_row(
    listed: &Crate,
    checked: anyhow::Result<(String, bool)>,
    is_interrupted: bool,
) -> anyhow::Result<(String, bool)> {
    checked.or_else(|error| {
        if is_interrupted {
            return Err(error);
        }
        let row = format!("{:<21} {:<16} {error:#}", listed.name, listed.version);
        Ok((row, false))
    })
}

const TITLES: &str =
    "crate                 version          changes left   tests before    tests after  verdict";
const SAME: &str = "same";

fn verdict(before: &Outcome, after: &Outcome, differences: usize) -> String {
    if !before.errors.is_empty() {
        return format!("unmigrated: {} errors", before.errors.len());
    }
    if !before.trouble.is_empty() {
        return format!("unmigrated: {}", before.trouble.join("; "));
    }
    if !after.errors.is_empty() {
        return format!("{} errors", after.errors.len());
    }
    match (after.trouble.is_empty(), differences) {
        (true, 0) => SAME.to_owned(),
        (true, count) => format!("{count} tests differ"),
        (false, _) => after.trouble.join("; "),
    }
}

/// What `migrate` said.
#[derive(Debug, Default, PartialEq)]
struct Migrated {
    changes: usize,
    left: usize,
    /// Why places were left, and how often.
    reasons: BTreeMap<String, usize>,
}

impl Migrated {
    fn row(&self, listed: &Crate) -> String {
        format!(
            "{:<21} {:<16} {:>7} {:>4}",
            listed.name, listed.version, self.changes, self.left
        )
    }

    /// Reads `made 3 changes; 1 place is left`, and the list of the places.
    fn read(said: &str) -> anyhow::Result<Self> {
        let mut read = Self::default();
        let mut is_left = false;
        for line in said.lines() {
            if let Some(counts) = line.strip_prefix("made ") {
                let numbers: Vec<usize> = counts
                    .split_whitespace()
                    .filter_map(|word| word.parse().ok())
                    .collect();
                if let [changes, left] = numbers[..] {
                    (read.changes, read.left) = (changes, left);
                    return Ok(read);
                }
            }
            match line {
                "left as it is:" => is_left = true,
                "what changes its meaning:" => is_left = false,
                _ if is_left => {
                    // `  path:line:column: what: why`
                    let why = line.splitn(3, ": ").nth(2).unwrap_or(line);
                    *read.reasons.entry(why.to_owned()).or_default() += 1;
                }
                _ => {}
            }
        }
        anyhow::bail!("`cargo traced migrate` printed no count:\n{said}")
    }
}

/// Makes the plain and the migrated copy of a crate.
fn migrate(copies: &Copies, listed: &Crate, migrator: &Path) -> anyhow::Result<Migrated> {
    let sources = copies.fetch(&missing::packages(listed))?;
    let source = missing::source(&sources, listed)?;
    for kind in [Kind::Plain, Kind::Migrated] {
        let folder = copies.scratch.join(kind.folder()).join(&listed.name);
        remove_folder(&folder)?;
        copies.copy(listed, source, kind)?;
        lay_beside(copies, listed, &sources, kind)?;
        let path = folder.join("Cargo.toml");
        fs::write(&path, manifest::with_workspace(&fs::read_to_string(&path)?))?;
    }
    // What this repository depends on too has the same version: a release of today does not decide the result.
    let plain = copies.scratch.join(Kind::Plain.folder());
    let lock = match listed.published_lock {
        true => source.join("Cargo.lock"),
        false => paths::root().join("Cargo.lock"),
    };
    fs::copy(lock, plain.join(&listed.name).join("Cargo.lock"))?;
    let folder = copies.scratch.join(Kind::Migrated.folder());
    let manifest = folder.join(&listed.name).join("Cargo.toml");
    let traced = |arguments: &[&str]| {
        let mut command = Command::new(migrator);
        command.arg("traced").args(arguments);
        // The copy may lie in that folder, whose files are not touched.
        command.env_remove("CARGO_TARGET_DIR");
        command.arg("--manifest-path").arg(&manifest).output()
    };
    let logs = copies.scratch.join("logs").join(&listed.name);
    fs::create_dir_all(&logs)?;
    let audit = |log: &str| {
        let printed = traced(&["audit", "--quiet", "--color", "never"])?.stdout;
        fs::write(logs.join(log), &printed)?;
        anyhow::Ok(String::from_utf8_lossy(&printed).into_owned())
    };
    let before = match listed.service {
        true => Some(audit("audit.before.log")?),
        false => None,
    };
    let output = traced(&["migrate", "--write", "--allow-dirty", "--all-targets"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    fs::write(logs.join("migrate.log"), &said)?;
    let migrated = Migrated::read(&said)?;
    anyhow::ensure!(
        migrated.changes > 0,
        "`migrate` changed nothing in {}",
        listed.name
    );
    let reasons = migrated.reasons.iter();
    let reasons: String = reasons
        .map(|(why, count)| format!("{count:>4} {why}\n"))
        .collect();
    fs::write(logs.join("left.log"), reasons)?;
    if let Some(before) = before {
        let output = traced(&["annotate", "--write", "--allow-dirty"])?;
        fs::write(logs.join("annotate.log"), &output.stderr)?;
        let after = audit("audit.after.log")?;
        let last = |printed: &str| {
            let lines: Vec<&str> = printed.lines().rev().take(2).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("; ")
        };
        println!("  {}: {}", listed.name, last(&before));
        println!(
            "  {}, migrated and annotated: {}",
            listed.name,
            last(&after)
        );
    }
    Ok(migrated)
}

/// Lays packages beside the copy of a crate, as they lie in the repository that it was published from.
fn lay_beside(
    copies: &Copies,
    listed: &Crate,
    sources: &Sources,
    kind: Kind,
) -> anyhow::Result<()> {
    for beside in missing::packages(listed).iter().skip(1) {
        let source = missing::source(sources, beside)?;
        remove_folder(&copies.scratch.join(kind.folder()).join(&beside.name))?;
        copies.copy(beside, source, kind)?;
    }
    Ok(())
}

/// Both copies get the same versions of what they depend on.
fn share_lock(scratch: &Path, listed: &Crate) -> anyhow::Result<()> {
    let lock = |kind: Kind| {
        let folder = scratch.join(kind.folder()).join(&listed.name);
        folder.join("Cargo.lock")
    };
    if lock(Kind::Plain).exists() {
        fs::copy(lock(Kind::Plain), lock(Kind::Migrated))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_migrate_said_is_counted_by_reason() {
        let said = "\
what changes its meaning:
  src/a.rs:1:3: `#[tracing::instrument]` of `f`: `target` is gone
left as it is:
  src/a.rs:4:5: `.instrument(..)`: the span was made elsewhere; enter one: `x`
  src/b.rs:4:5: `.instrument(..)`: the span was made elsewhere; enter one: `x`
made 7 changes; 2 places are left
";
        let read = Migrated::read(said).unwrap();
        assert_eq!((read.changes, read.left), (7, 2));
        let reasons: Vec<_> = read.reasons.into_iter().collect();
        let why = "the span was made elsewhere; enter one: `x`".to_owned();
        assert_eq!(reasons, [(why, 2)]);
        assert!(Migrated::read("error: no package").is_err());
    }

    #[test]
    fn an_error_is_the_row_of_its_crate_unless_the_run_is_interrupted() {
        let listed = Crate {
            name: "process-wrap".to_owned(),
            version: "9.1.1".to_owned(),
            ..Crate::default()
        };
        let error = || Err(anyhow::anyhow!("no such package").context("cargo has none"));
        let row = "process-wrap          9.1.1            cargo has none: no such package";
        assert_eq!(
            as_row(&listed, error(), false).unwrap(),
            (row.to_owned(), false)
        );
        assert!(as_row(&listed, error(), true).is_err());
        let checked = ("a row".to_owned(), true);
        assert_eq!(
            as_row(&listed, Ok(checked.clone()), false).unwrap(),
            checked
        );
    }

    #[test]
    fn verdicts_name_what_differs() {
        let troubled = Outcome {
            trouble: vec!["too long".to_owned()],
            ..Outcome::default()
        };
        let clean = Outcome::default();
        assert_eq!(verdict(&clean, &clean, 0), "same");
        assert_eq!(verdict(&clean, &clean, 2), "2 tests differ");
        assert_eq!(verdict(&clean, &troubled, 0), "too long");
        assert_eq!(verdict(&troubled, &clean, 0), "unmigrated: too long");
    }

    #[test]
    fn the_committed_list_can_be_read() {
        let crates = list::read(include_str!("../../../tests/corpus/migrated.txt")).unwrap();
        assert!(crates.iter().any(|listed| listed.ci));
    }
}
