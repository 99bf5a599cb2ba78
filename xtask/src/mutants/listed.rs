//! The mutants that `cargo mutants` would make, and where in the source each is.

use std::ops::Range;

use anyhow::Context;
use serde_json::Value;

/// One change of one file.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// What turns it on; counts from one.
    pub(super) id: usize,
    pub(super) name: String,
    /// From the root of the repository.
    pub(super) file: String,
    pub(super) genre: String,
    pub(super) replacement: String,
    /// Lines and columns, both from one, of what is replaced.
    start: (usize, usize),
    end: (usize, usize),
}

impl Mutant {
    /// The bytes of the file that are replaced.
    pub(super) fn range(&self, text: &str) -> anyhow::Result<Range<usize>> {
        Ok(offset(text, self.start)?..offset(text, self.end)?)
    }
}

/// Reads what `cargo mutants --list --json` prints.
pub(super) fn read(listed: &str) -> anyhow::Result<Vec<Mutant>> {
    let listed: Vec<Value> = serde_json::from_str(listed)?;
    let mutants = listed.iter().enumerate();
    mutants
        .map(|(index, value)| {
            mutant(index + 1, value).with_context(|| format!("cannot read {value}"))
        })
        .collect()
}

fn mutant(id: usize, value: &Value) -> Option<Mutant> {
    let text = |key: &str| Some(value[key].as_str()?.to_owned());
    let place = |end: &str| {
        let number = |key: &str| usize::try_from(value["span"][end][key].as_u64()?).ok();
        Some((number("line")?, number("column")?))
    };
    Some(Mutant {
        id,
        name: text("name")?,
        file: text("file")?,
        genre: text("genre")?,
        replacement: text("replacement")?,
        start: place("start")?,
        end: place("end")?,
    })
}

/// The byte at a line and a column of characters.
pub(super) fn offset(text: &str, (line, column): (usize, usize)) -> anyhow::Result<usize> {
    let mut start = 0;
    for _ in 1..line {
        let length = text[start..]
            .find('\n')
            .context("the file has fewer lines")?;
        start += length + 1;
    }
    let before = text[start..].chars().take(column - 1);
    Ok(start + before.map(char::len_utf8).sum::<usize>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_columns_of_characters() {
        assert_eq!(offset("ab\ncd", (1, 2)).unwrap(), 1);
        assert_eq!(offset("ü\nüd", (2, 2)).unwrap(), 5);
        assert!(offset("a", (3, 1)).is_err());
    }

    #[test]
    fn a_mutant_is_read_with_its_place() {
        let listed = r#"[{"name": "a.rs:1:2: replace + with -", "file": "a.rs", "genre": "BinaryOperator",
            "replacement": "-", "span": {"start": {"line": 1, "column": 2}, "end": {"line": 1, "column": 3}}}]"#;
        let mutants = read(listed).unwrap();
        assert_eq!((mutants.len(), mutants[0].id), (1, 1));
        assert_eq!(mutants[0].range("a+b").unwrap(), 1..2);
        assert!(read(r#"[{"name": "a"}]"#).is_err());
    }
}
