//! Reads published crates with `cargo traced` and compares its findings with those that a person judged: see
//! tests/corpus/README.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, ensure};

use super::copies::{Copies, add_sources, build_cargo_traced, remove_folder};
use super::judged::{self, Finding, Judged, Judgement};
use super::kind::Kind;
use super::list::{self, Crate};
use super::options::Options;
use crate::cargo::{cargo, output};
use crate::{Verdict, paths};

pub(crate) const USAGE: &str = "\
Reads published crates with audit and doctor and compares with what was judged.

    cargo xtask doctor-corpus [OPTION...] [NAME...]

    NAME...           crates to read; without any, all of the list in tests/corpus/read.txt
    --ci              read the crates that the list marks with `ci`
    --only-audit      neither run doctor nor annotate
    --scratch DIR     where to work, instead of target/doctor-corpus
    --traced DIR      another `traced` to depend on

It prints how many of the judged findings of audit are still findings, by rule. Nothing is compiled, and no code of the crates runs. tests/corpus/README.md describes the check and its list.
";

/// The list of crates, in tests/corpus.
const LIST: &str = "read.txt";

pub(crate) fn run(arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let mut only_audit = false;
    let flags = &mut [("only-audit", &mut only_audit)];
    let options = Options::read(arguments, "doctor-corpus", flags)?;
    let folder = paths::root().join("tests/corpus");
    let text = fs::read_to_string(folder.join(LIST))?;
    let crates = list::choose(list::read(&text)?, LIST, &options.names, options.ci)?;
    let judged = judged::read(&fs::read_to_string(folder.join("judged.txt"))?)?;
    let reader = Reader {
        copies: Copies::new(&options, None)?,
        program: build_cargo_traced()?,
        only_audit,
    };
    println!("logs: {}\n", reader.copies.scratch.join("logs").display());
    let mut totals = Totals::default();
    for listed in &crates {
        match reader.read(listed) {
            Ok(read) => totals.add(listed, &read, &judged),
            Err(error) => totals.unreadable(listed, &error),
        }
    }
    print!("{}", totals.text(crates.len()));
    Ok(Verdict::passed_if(totals.problems == 0))
}

/// The results for one crate.
struct Read {
    findings: Vec<Finding>,
    /// Whether cargo resolved the dependencies, so that `doctor` could compare versions; nobody asks it to for `audit`.
    is_resolved: Option<bool>,
    /// Sentences about what the commands should never do.
    problems: Vec<String>,
}

struct Reader {
    copies: Copies,
    /// `cargo-traced`.
    program: PathBuf,
    only_audit: bool,
}

impl Reader {
    fn read(&self, listed: &Crate) -> anyhow::Result<Read> {
        let source = &self.source(listed)?;
        let plain = self.copy(listed, source, Kind::Plain)?;
        let audit = ["audit", "--message-format", "json"];
        let audit = self.run(listed, &plain, "audit", &audit)?;
        let mut read = Read {
            findings: judged::findings(&text(&audit.stdout), listed, "audit")?,
            is_resolved: None,
            problems: Vec::new(),
        };
        if !self.only_audit && !listed.only_audit {
            read.problems
                .extend(self.annotate_and_strip(listed, source, &plain)?);
            self.migrate_and_ask_doctor(listed, source, &unparsed(&audit), &mut read)?;
        }
        remove_folder(&plain)?;
        Ok(read)
    }

    /// Annotates every function of a copy and takes the attributes out again. The problems are the files that differ then.
    fn annotate_and_strip(
        &self,
        listed: &Crate,
        source: &Path,
        plain: &Path,
    ) -> anyhow::Result<Vec<String>> {
        for option in [&[][..], &["--strip"]] {
            let arguments = [&["annotate", "--all", "--write", "--allow-dirty"], option].concat();
            self.run(listed, plain, "annotate-and-strip", &arguments)?;
        }
        let is_other =
            |path: &PathBuf| fs::read(plain.join(path)).ok() != fs::read(source.join(path)).ok();
        let changed = relative_sources(plain)?.into_iter().filter(is_other);
        let problem = |path: PathBuf| {
            let path = path.display();
            format!("{path} is not the same after `annotate` and `--strip`")
        };
        Ok(changed.map(problem).collect())
    }

    /// Migrates and annotates a copy, and reads it with doctor. Files that did not parse before may not parse after.
    fn migrate_and_ask_doctor(
        &self,
        listed: &Crate,
        source: &Path,
        unparsed_before: &BTreeSet<String>,
        read: &mut Read,
    ) -> anyhow::Result<()> {
        let without_tests = Crate {
            without: vec!["*".to_owned()],
            ..listed.clone()
        };
        let migrated = self.copy(&without_tests, source, Kind::Migrated)?;
        read.is_resolved = Some(is_resolved(&migrated));
        for (log, arguments) in [
            ("migrate", &["migrate", "--write", "--allow-dirty"][..]),
            ("annotate", &["annotate", "--write", "--allow-dirty"]),
        ] {
            self.run(listed, &migrated, log, arguments)?;
        }
        let doctor = ["doctor", "--offline", "--message-format", "json"];
        let doctor = self.run(listed, &migrated, "doctor", &doctor)?;
        let found = judged::findings(&text(&doctor.stdout), listed, "doctor")?;
        read.findings.extend(found);
        let unparsed_after = unparsed(&doctor);
        let broken = unparsed_after.difference(unparsed_before);
        read.problems.extend(
            broken.map(|file| {
                format!("{file} does not parse any more after `migrate` and `annotate`")
            }),
        );
        remove_folder(&migrated)
    }

    /// The folder into which cargo unpacks the sources. A package with programs alone can be no dependency, and
    /// `cargo info` downloads such ones too.
    fn source(&self, listed: &Crate) -> anyhow::Result<PathBuf> {
        let Crate { name, version, .. } = listed;
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
        let registries = home
            .context("there is no home of cargo")?
            .join("registry/src");
        let unpacked = || {
            let registries = fs::read_dir(&registries).into_iter().flatten().flatten();
            let mut folders =
                registries.map(|registry| registry.path().join(format!("{name}-{version}")));
            folders.find(|folder| folder.join(".cargo-ok").exists())
        };
        if let Some(folder) = unpacked() {
            return Ok(folder);
        }
        // In a folder without packages of this name, which `cargo info` would show instead.
        let mut command = cargo();
        command.args(["info", "--quiet", &format!("{name}@{version}")]);
        command.current_dir(&self.copies.scratch);
        output(&mut command)?;
        unpacked().with_context(|| format!("cargo did not unpack {name} {version}"))
    }

    /// A copy that is a workspace of its own.
    fn copy(&self, listed: &Crate, source: &Path, kind: Kind) -> anyhow::Result<PathBuf> {
        let folder = self.copies.scratch.join(kind.folder()).join(&listed.name);
        remove_folder(&folder)?;
        self.copies.copy(listed, source, kind)?;
        let path = folder.join("Cargo.toml");
        // The manifest of a package with `resolver` takes no second one.
        fs::write(&path, fs::read_to_string(&path)? + "\n[workspace]\n")?;
        Ok(folder)
    }

    /// Runs `cargo traced` on a copy and keeps its output; an error if the command cannot do its work.
    fn run(
        &self,
        listed: &Crate,
        folder: &Path,
        log: &str,
        arguments: &[&str],
    ) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.program);
        command.arg("traced").args(arguments).current_dir(folder);
        // The copy may lie in that folder, whose files are not touched.
        command.env_remove("CARGO_TARGET_DIR");
        // The variables of whoever runs this must not change what `doctor` says.
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_ascii_uppercase();
            if upper.starts_with("OTEL") || upper.starts_with("TRACED") || upper.ends_with("_PROXY")
            {
                command.env_remove(&name);
            }
        }
        let output = command.output()?;
        let logs = self.copies.scratch.join("logs").join(&listed.name);
        fs::create_dir_all(&logs)?;
        fs::write(
            logs.join(format!("{log}.log")),
            [&output.stderr[..], &output.stdout].concat(),
        )?;
        ensure!(
            matches!(output.status.code(), Some(0 | 1)),
            "`cargo traced {}`: {}: {}",
            arguments.join(" "),
            output.status,
            text(&output.stderr)
        );
        Ok(output)
    }
}

/// Lets cargo resolve and download the dependencies of a copy, which `doctor` never does itself.
fn is_resolved(folder: &Path) -> bool {
    let mut command = cargo();
    command.args([
        "metadata",
        "--quiet",
        "--format-version",
        "1",
        "--manifest-path",
    ]);
    command.arg(folder.join("Cargo.toml")).stderr(Stdio::null());
    command.output().is_ok_and(|output| output.status.success())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files that a command skipped because they do not parse.
fn unparsed(output: &Output) -> BTreeSet<String> {
    let said = text(&output.stderr);
    let files = said.lines().filter_map(|line| {
        let (file, why) = line.split_once("skipped ")?.1.split_once(": ")?;
        why.starts_with("it does not parse")
            .then(|| file.to_owned())
    });
    files.collect()
}

/// The paths of all Rust files, relative to the folder.
fn relative_sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    add_sources(folder, &[], &mut sources)?;
    let relative = sources.iter().map(|path| path.strip_prefix(folder));
    Ok(relative.flatten().map(Path::to_owned).collect())
}

/// The sums over all crates.
#[derive(Default)]
struct Totals {
    /// The number of crates whose dependencies cargo resolved, if it was asked to.
    resolved: Option<usize>,
    right: usize,
    wrong: usize,
    /// Findings of `audit` that nobody judged.
    unread: usize,
    /// Other findings that nobody judged, and what the commands should never do.
    problems: usize,
    audit: JudgedOfAudit,
}

impl Totals {
    /// Adds a crate, and prints its problems.
    fn add(&mut self, listed: &Crate, read: &Read, judged: &Judged) {
        self.audit.add(listed, &read.findings, judged);
        if let Some(is_resolved) = read.is_resolved {
            *self.resolved.get_or_insert_default() += usize::from(is_resolved);
        }
        for finding in &read.findings {
            match judged.get(finding) {
                Some(Judgement::Right) => self.right += 1,
                Some(Judgement::Wrong) => self.wrong += 1,
                None if finding.command == "audit" => self.unread += 1,
                None => {
                    self.problems += 1;
                    println!("not judged: {finding}");
                }
            }
        }
        self.problems += read.problems.len();
        for problem in &read.problems {
            println!("{problem}");
        }
    }

    /// Adds a crate that could not be read, and prints why.
    fn unreadable(&mut self, listed: &Crate, error: &anyhow::Error) {
        self.problems += 1;
        println!("{} {}: {error:#}", listed.name, listed.version);
    }

    fn text(&self, crates: usize) -> String {
        let Self {
            resolved,
            right,
            wrong,
            unread,
            problems,
            audit,
        } = self;
        let resolved = resolved
            .map(|resolved| format!(", the dependencies of {resolved} resolved"))
            .unwrap_or_default();
        format!(
            "{audit}\n{crates} crates read{resolved}\n\
             {right} findings judged right, {wrong} judged wrong, {unread} of audit not judged, {problems} problems\n"
        )
    }
}

/// The judged findings of `audit` in the crates that were read, each counted once: a finding with the same file and code
/// as another has the judgement of the false alarm.
#[derive(Default)]
struct JudgedOfAudit(BTreeMap<(String, Judgement), Fate>);

#[derive(Default)]
struct Fate {
    still_findings: usize,
    notes_or_nothing: usize,
}

impl JudgedOfAudit {
    fn add(&mut self, listed: &Crate, findings: &[Finding], judged: &Judged) {
        let is_of_crate = |finding: &Finding| {
            let (name, version) = &finding.crate_;
            finding.command == "audit" && *name == listed.name && *version == listed.version
        };
        for (finding, judgement) in judged.iter().filter(|(finding, _)| is_of_crate(finding)) {
            let fate = self
                .0
                .entry((finding.rule.clone(), *judgement))
                .or_default();
            match findings.contains(finding) {
                true => fate.still_findings += 1,
                false => fate.notes_or_nothing += 1,
            }
        }
    }
}

impl fmt::Display for JudgedOfAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:24}  judged  finding  note or nothing",
            "rule of audit"
        )?;
        for ((rule, judgement), fate) in &self.0 {
            let judgement = match judgement {
                Judgement::Right => "right",
                Judgement::Wrong => "wrong",
            };
            let Fate {
                still_findings,
                notes_or_nothing,
            } = fate;
            writeln!(
                f,
                "{rule:24}  {judgement}   {still_findings:7}  {notes_or_nothing:15}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_that_nobody_resolved_are_not_counted() {
        let summary = |is_resolved| {
            let mut totals = Totals::default();
            let read = Read {
                findings: Vec::new(),
                is_resolved,
                problems: Vec::new(),
            };
            totals.add(&Crate::default(), &read, &Judged::new());
            let text = totals.text(1);
            text.lines().nth(2).unwrap().to_owned()
        };
        assert_eq!(summary(None), "1 crates read");
        let resolved = "1 crates read, the dependencies of 1 resolved";
        assert_eq!(summary(Some(true)), resolved);
        let resolved = "1 crates read, the dependencies of 0 resolved";
        assert_eq!(summary(Some(false)), resolved);
    }

    #[test]
    fn what_became_of_judged_findings_is_counted_by_rule() {
        let list = "right a 1.0.0 audit spawn_site src/a.rs f();\n\
                    wrong a 1.0.0 audit spawn_site src/a.rs g();\n\
                    wrong a 1.0.0 audit spawn_site src/b.rs g();\n\
                    right a 1.0.0 doctor no_provider src/a.rs fn main() {\n\
                    right b 1.0.0 audit entry_point src/a.rs fn main() {\n";
        let judged = judged::read(list).unwrap();
        let listed = Crate {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            ..Crate::default()
        };
        let found: Vec<Finding> = judged
            .keys()
            .filter(|finding| finding.file == "src/a.rs")
            .cloned()
            .collect();
        let mut totals = JudgedOfAudit::default();
        totals.add(&listed, &found, &judged);
        assert_eq!(
            totals.to_string(),
            "rule of audit             judged  finding  note or nothing\n\
             spawn_site                right         1                0\n\
             spawn_site                wrong         1                1\n"
        );
    }
}
