//! The tree with the mutants in it, compiled: those that rustc refuses are taken out until it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context, bail};
use serde_json::Value;

use super::asked::Asked;
use super::listed::Mutant;
use super::programs::Program;
use super::sets::Set;
use super::switches;
use crate::cargo::{cargo, output};
use crate::paths;

/// A copy of the repository, at a place that stays, so that cargo compiles little the next time.
pub(super) struct Tree(PathBuf);

impl Tree {
    /// Without what will be written with mutants in it.
    pub(super) fn copy(folder: PathBuf, set: &Set, mutants: &[Mutant]) -> anyhow::Result<Self> {
        let changed = mutants.iter().map(|mutant| &*mutant.file);
        let changed: BTreeSet<&str> = changed.chain(set.roots.iter().copied()).collect();
        let root = paths::root();
        let listed = output(
            Command::new("git")
                .current_dir(root)
                .args(["ls-files", "-z"]),
        )?;
        for file in listed.split('\0').filter(|file| !file.is_empty()) {
            let source = root.join(file);
            // What was deleted and not committed is still listed.
            if source.is_file() && !changed.contains(file) {
                let content = fs::read(&source).with_context(|| format!("cannot read {file}"))?;
                write(&folder.join(file), &content)?;
            }
        }
        Ok(Self(folder))
    }

    /// The test programs that are asked, and the numbers of the mutants that are in none of them, of which some are
    /// known.
    ///
    /// The library is not checked by itself first: its dependencies would be compiled twice, and its errors come before
    /// any machine code in either case.
    pub(super) fn compile(
        &self,
        set: &Set,
        asked: &Asked,
        mutants: &[Mutant],
        mut unviable: BTreeSet<usize>,
    ) -> anyhow::Result<(Vec<Program>, BTreeSet<usize>)> {
        let mut test = vec!["test", "--no-run"];
        test.extend(asked.cargo_arguments(set));
        let messages = self.compiled(&test, set, mutants, &mut unviable)?;
        let mut programs = programs(&messages);
        let names: Vec<&str> = programs.iter().map(|program| &*program.name).collect();
        asked.check(&names)?;
        programs.retain(|program| asked.has_program(&program.name));
        Ok((programs, unviable))
    }

    /// Runs a command of cargo until it passes, without the mutants that its errors are about.
    fn compiled(
        &self,
        command: &[&str],
        set: &Set,
        mutants: &[Mutant],
        unviable: &mut BTreeSet<usize>,
    ) -> anyhow::Result<Vec<Value>> {
        loop {
            self.write(set, mutants, unviable)?;
            let (has_passed, messages) = self.cargo(command)?;
            if has_passed {
                return Ok(messages);
            }
            let before = unviable.len();
            for (file, line, message) in errors(&messages) {
                let text = fs::read_to_string(self.0.join(&file))?;
                match switches::mutant_at(&text, line) {
                    Some(id) => unviable.insert(id),
                    None => bail!("{file}:{line} is no mutant's: {message}"),
                };
            }
            println!("{} mutants do not compile", unviable.len());
            if unviable.len() == before {
                bail!("`cargo {}` fails", command.join(" "));
            }
        }
    }

    /// Puts every mutant into the tree but those that cannot be there, whose numbers are added.
    fn write(
        &self,
        set: &Set,
        mutants: &[Mutant],
        unviable: &mut BTreeSet<usize>,
    ) -> anyhow::Result<()> {
        let mut by_file = BTreeMap::<&str, Vec<&Mutant>>::new();
        for mutant in mutants {
            by_file.entry(&mutant.file).or_default().push(mutant);
        }
        for (file, mutants) in by_file {
            let text = fs::read_to_string(paths::root().join(file))?;
            let viable = mutants.into_iter();
            let viable = viable.filter(|mutant| !unviable.contains(&mutant.id));
            let (switched, left_out) = switches::switched(&text, &viable.collect::<Vec<_>>())
                .with_context(|| format!("cannot switch in {file}"))?;
            unviable.extend(left_out);
            write(&self.0.join(file), switched.as_bytes())?;
        }
        for root in set.roots {
            let text = fs::read_to_string(paths::root().join(root))?;
            let text = text + &switches::function(mutants.len());
            write(&self.0.join(root), text.as_bytes())?;
        }
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> io::Result<(bool, Vec<Value>)> {
        let mut command = cargo();
        command
            .current_dir(&self.0)
            .args(arguments)
            .args(["--quiet", "--message-format=json"])
            // Its packages have the names and versions of those of the repository, which cargo would take for the same.
            .env("CARGO_TARGET_DIR", paths::target().join("mutants/target"))
            .env("CARGO_INCREMENTAL", "1")
            // No one reads it, and programs without it are linked and started in half the time.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .stderr(Stdio::inherit());
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let messages = text.lines();
        let messages = messages.filter_map(|line| serde_json::from_str(line).ok());
        Ok((output.status.success(), messages.collect()))
    }
}

/// Leaves a file alone that has the content: cargo asks when it was changed.
fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// File, line and text of each error.
fn errors(messages: &[Value]) -> Vec<(String, usize, String)> {
    let messages = messages.iter().map(|message| &message["message"]);
    let errors = messages.filter(|message| message["level"] == "error");
    let places = errors.filter_map(|error| {
        let spans = error["spans"].as_array()?;
        let span = spans.iter().find(|span| span["is_primary"] == true)?;
        let line = usize::try_from(span["line_start"].as_u64()?).ok()?;
        let text = error["message"].as_str()?.to_owned();
        Some((span["file_name"].as_str()?.to_owned(), line, text))
    });
    places.collect()
}

fn programs(messages: &[Value]) -> Vec<Program> {
    let tests = messages.iter();
    let tests = tests.filter(|message| message["profile"]["test"] == true);
    let programs = tests.filter_map(|message| {
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
        Some(Program {
            name: message["target"]["name"].as_str()?.to_owned(),
            path: message["executable"].as_str()?.into(),
            folder: folder.to_owned(),
        })
    });
    programs.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_is_where_its_primary_span_begins() {
        let of = |level: &str, text: &str, spans: Value| json!({"message": {"level": level, "message": text, "spans": spans}});
        let place = |file: &str, line: u32, is_primary: bool| json!({"is_primary": is_primary, "file_name": file, "line_start": line});
        let messages = [
            of(
                "error",
                "no",
                json!([place("a.rs", 1, false), place("b.rs", 7, true)]),
            ),
            of("error", "aborting", json!([])),
            of("warning", "so", json!([place("c.rs", 2, true)])),
        ];
        assert_eq!(errors(&messages), [("b.rs".to_owned(), 7, "no".to_owned())]);
    }

    #[test]
    fn programs_are_tests_and_run_in_their_packages() {
        let artifact = |is_test: bool| {
            json!({
                "manifest_path": "/r/tests/Cargo.toml", "target": {"name": "behaviour"},
                "profile": {"test": is_test}, "executable": "/t/behaviour-1",
            })
        };
        let programs = programs(&[artifact(false), artifact(true)]);
        assert_eq!(programs.len(), 1);
        assert_eq!(programs[0].folder, Path::new("/r/tests"));
    }
}
