//! What came of each mutant, kept in a file of lines.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::Path;
use std::{fs, io};

use anyhow::Context;

use super::listed::Mutant;

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// By the program and the test that is named.
    Caught(String),
    /// The program that is named did not end, which is how a loop without an end is caught.
    TookTooLong(String),
    /// It does not compile, or not as a switch.
    Unviable,
    Survived,
    /// No test comes across it, so none was asked.
    NotMet,
}

impl Outcome {
    pub(super) fn is_survival(&self) -> bool {
        matches!(self, Outcome::Survived | Outcome::NotMet)
    }

    /// Whether another run may answer otherwise: after new tests, or on a machine that does less beside. In the second
    /// case all tests have to be asked, as the one that took too long may not be among some of them.
    pub(super) fn may_change(&self, all_are_asked: bool) -> bool {
        self.is_survival() || (all_are_asked && matches!(self, Outcome::TookTooLong(_)))
    }

    fn read(word: &str, by: &str) -> Option<Self> {
        Some(match word {
            "caught" => Outcome::Caught(by.to_owned()),
            "timeout" => Outcome::TookTooLong(by.to_owned()),
            "unviable" => Outcome::Unviable,
            "survived" => Outcome::Survived,
            "not-met" => Outcome::NotMet,
            _ => return None,
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Outcome::Caught(_) => "caught",
            Outcome::TookTooLong(_) => "timeout",
            Outcome::Unviable => "unviable",
            Outcome::Survived => "survived",
            Outcome::NotMet => "not-met",
        })
    }
}

/// The outcomes of a set, by the names of the mutants: numbers change with the sources.
pub(super) struct Outcomes {
    known: BTreeMap<String, Outcome>,
    file: fs::File,
}

impl Outcomes {
    pub(super) fn open(folder: &Path, set: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{set}.tsv"));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        // A line that was asked again stands further down.
        let known = text.lines().filter_map(line).collect();
        let mut options = fs::File::options();
        let file = options.append(true).create(true).open(path)?;
        Ok(Self { known, file })
    }

    pub(super) fn of(&self, mutant: &Mutant) -> Option<&Outcome> {
        self.known.get(&mutant.name)
    }

    pub(super) fn add(&mut self, mutant: &Mutant, outcome: Outcome) -> io::Result<()> {
        // It was met by tests that are not asked this time.
        if outcome == Outcome::NotMet && self.of(mutant) == Some(&Outcome::Survived) {
            return Ok(());
        }
        let by = match &outcome {
            Outcome::Caught(by) | Outcome::TookTooLong(by) => by,
            _ => "",
        };
        let line = format!("{outcome}\t{}\t{by}", mutant.name);
        if self.of(mutant) != Some(&outcome) {
            writeln!(self.file, "{line}")?;
        }
        self.known.insert(mutant.name.clone(), outcome);
        Ok(())
    }

    /// A row for each file, and one for all.
    pub(super) fn table(&self, mutants: &[Mutant]) -> String {
        let mut rows = BTreeMap::<&str, [usize; 6]>::new();
        for mutant in mutants {
            for file in [&*mutant.file, "~"] {
                let row = rows.entry(file).or_default();
                row[0] += 1;
                let column = match self.of(mutant) {
                    Some(Outcome::Caught(_)) => 1,
                    Some(Outcome::TookTooLong(_)) => 2,
                    Some(Outcome::Unviable) => 3,
                    Some(Outcome::Survived) => 4,
                    Some(Outcome::NotMet) => 5,
                    None => continue,
                };
                row[column] += 1;
            }
        }
        let mut table =
            "| file | mutants | caught | timeout | unviable | survived | not met |\n".to_owned();
        table += "|---|---|---|---|---|---|---|\n";
        for (file, row) in rows {
            let file = if file == "~" {
                "all".to_owned()
            } else {
                format!("`{file}`")
            };
            let cells = row.map(|count| count.to_string()).join(" | ");
            let _ = writeln!(table, "| {file} | {cells} |");
        }
        table
    }
}

fn line(line: &str) -> Option<(String, Outcome)> {
    let mut cells = line.split('\t');
    let (word, name) = (cells.next()?, cells.next()?);
    let outcome = Outcome::read(word, cells.next().unwrap_or_default())?;
    Some((name.to_owned(), outcome))
}

#[cfg(test)]
mod tests {
    use super::super::listed;
    use super::*;

    #[test]
    fn outcomes_are_kept_and_the_last_one_counts() {
        let place = serde_json::json!({"line": 1, "column": 1});
        let one = |name: &str| {
            serde_json::json!({"name": name, "file": "a.rs", "genre": "FnValue", "replacement": "()",
                "span": {"start": place, "end": place}})
        };
        let listed = serde_json::json!([one("a"), one("b"), one("c"), one("d")]);
        let mutants = listed::read(&listed.to_string()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut outcomes = Outcomes::open(folder.path(), "set").unwrap();
        outcomes.add(&mutants[0], Outcome::Survived).unwrap();
        outcomes.add(&mutants[1], Outcome::Unviable).unwrap();
        let by = "behaviour: names".to_owned();
        outcomes
            .add(&mutants[0], Outcome::Caught(by.clone()))
            .unwrap();
        outcomes.add(&mutants[2], Outcome::NotMet).unwrap();
        outcomes.add(&mutants[3], Outcome::Survived).unwrap();
        outcomes.add(&mutants[3], Outcome::NotMet).unwrap();
        let outcomes = Outcomes::open(folder.path(), "set").unwrap();
        assert_eq!(outcomes.of(&mutants[0]), Some(&Outcome::Caught(by)));
        assert!(outcomes.of(&mutants[2]).unwrap().is_survival());
        assert!(outcomes.of(&mutants[2]).unwrap().may_change(false));
        assert!(!outcomes.of(&mutants[1]).unwrap().may_change(true));
        let took_too_long = Outcome::TookTooLong("behaviour".to_owned());
        assert!(took_too_long.may_change(true) && !took_too_long.may_change(false));
        assert_eq!(outcomes.of(&mutants[3]), Some(&Outcome::Survived));
        let table = outcomes.table(&mutants);
        assert!(
            table.contains("| `a.rs` | 4 | 1 | 0 | 1 | 1 | 1 |\n"),
            "{table}"
        );
        assert!(
            table.ends_with("| all | 4 | 1 | 0 | 1 | 1 | 1 |\n"),
            "{table}"
        );
    }
}
