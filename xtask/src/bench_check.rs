//! Compares what a span costs with benches/expectations.tsv, by counts and never by time.
//!
//! The program counts its allocations itself. If valgrind is installed, callgrind counts the instructions, as
//! multiples of those that hand-written OpenTelemetry (`c`) takes in the same run: such a ratio does not depend on
//! the C library, and hardly on the compiler.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::cargo::is_installed;
use crate::text::cells;
use crate::{Verdict, overhead, paths};

pub(crate) const USAGE: &str = "\
Compares what a span costs with benches/expectations.tsv, in allocations and instructions.

    cargo xtask bench-check            fails if there are more allocations or instructions
    cargo xtask bench-check --bless    writes what a span costs now

Instructions are counted if valgrind is installed.
";

/// The kind of a count, with the mode and the shape that were counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    kind: String,
    mode: String,
    shape: String,
}

type Counts = Vec<(Key, f64)>;

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let mut bless = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("bless") => bless = true,
            _ => return Err(argument.unexpected().into()),
        }
    }
    let expectations = paths::root().join("benches/expectations.tsv");
    let program = overhead::build()?;
    let mut now = allocations(&program)?;
    if is_installed("valgrind") {
        now.extend(instructions(&program)?);
    } else {
        println!("valgrind is not installed: instructions are not checked");
    }
    if bless {
        fs::write(expectations, written(&now))?;
        return Ok(Verdict::Passed);
    }
    Ok(judge(&now, &read(&fs::read_to_string(expectations)?)?))
}

/// Allocations of one span of `traced`.
fn allocations(program: &Path) -> anyhow::Result<Counts> {
    let mut counts = Vec::new();
    for mode in overhead::MODES {
        for line in overhead::allocations(program, mode)? {
            if line.variant == "traced" {
                counts.push((key(&line.kind, mode, &line.shape), line.times));
            }
        }
    }
    Ok(counts)
}

/// Instructions of a span of `traced`, as multiples of those of `c`.
fn instructions(program: &Path) -> anyhow::Result<Counts> {
    let mut ratios = Vec::new();
    for mode in overhead::MODES {
        let counted = overhead::fewest_instructions(program, mode)?;
        for (section, count) in &counted {
            if section.variant == "traced" {
                let (_, by_hand) = counted
                    .iter()
                    .find(|(other, _)| other.variant == "c" && other.shape == section.shape)
                    .with_context(|| format!("`c` has no section `{}`", section.shape))?;
                ratios.push((key("instructions", mode, &section.shape), count / by_hand));
            }
        }
    }
    Ok(ratios)
}

fn key(kind: &str, mode: &str, shape: &str) -> Key {
    Key {
        kind: kind.to_owned(),
        mode: mode.to_owned(),
        shape: shape.to_owned(),
    }
}

fn written(counts: &Counts) -> String {
    let line = |(key, value): &(Key, f64)| {
        format!("{}\t{}\t{}\t{value:.3}\n", key.kind, key.mode, key.shape)
    };
    counts.iter().map(line).collect()
}

fn read(table: &str) -> anyhow::Result<HashMap<Key, f64>> {
    table.lines().map(read_line).collect()
}

fn read_line(line: &str) -> anyhow::Result<(Key, f64)> {
    let [kind, mode, shape, value] = cells(line)?;
    Ok((key(kind, mode, shape), value.parse()?))
}

/// Prints every count that is not as expected, and a line for all of them.
fn judge(now: &Counts, expected: &HashMap<Key, f64>) -> Verdict {
    let mut verdict = Verdict::Passed;
    for (key, value) in now {
        let comparison = compare(&key.kind, *value, expected.get(key).copied());
        let Some(words) = comparison.words() else {
            continue;
        };
        let Key { kind, mode, shape } = key;
        println!("{kind}, {mode}, {shape}: {value:.3} {words}");
        if !matches!(comparison, Comparison::Less(_)) {
            verdict = Verdict::Failed;
        }
    }
    match verdict {
        Verdict::Passed => println!("{} counts are as expected", now.len()),
        Verdict::Failed => println!("costs more than it should"),
    }
    verdict
}

/// A count against its expectation.
#[derive(Debug, PartialEq)]
enum Comparison {
    Unknown,
    More(f64),
    /// No failure: `--bless` writes the better count.
    Less(f64),
    AsExpected,
}

impl Comparison {
    fn words(&self) -> Option<String> {
        match self {
            Self::Unknown => Some("is not expected anywhere".to_owned()),
            Self::More(limit) => Some(format!("is more than {limit:.3}")),
            Self::Less(limit) => Some(format!("is less than {limit:.3}; bless it")),
            Self::AsExpected => None,
        }
    }
}

fn compare(kind: &str, value: f64, limit: Option<f64>) -> Comparison {
    // Allocations are whole numbers. A ratio may change slightly with the compiler.
    let tolerance = if kind == "instructions" { 0.03 } else { 0.05 };
    match limit {
        None => Comparison::Unknown,
        Some(limit) if value > limit + tolerance => Comparison::More(limit),
        Some(limit) if value < limit - tolerance => Comparison::Less(limit),
        Some(_) => Comparison::AsExpected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_read_as_they_are_written() {
        let counts = vec![
            (key("allocations", "recording", "sync, 4 attributes"), 1.02),
            (key("instructions", "no-provider", "Ok"), 0.0464),
        ];
        let table = written(&counts);
        assert_eq!(
            table,
            "allocations\trecording\tsync, 4 attributes\t1.020\ninstructions\tno-provider\tOk\t0.046\n"
        );
        let read = read(&table).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[&counts[0].0], 1.02);
        assert_eq!(read[&counts[1].0], 0.046);
    }

    #[test]
    fn the_committed_expectations_can_be_read() {
        let expected = read(include_str!("../../benches/expectations.tsv")).unwrap();
        for mode in overhead::MODES {
            for kind in ["allocations", "instructions"] {
                assert!(
                    expected.contains_key(&key(kind, mode, "sync")),
                    "{kind}, {mode}"
                );
            }
        }
    }

    #[test]
    fn a_count_may_differ_by_the_tolerance_of_its_kind() {
        for (kind, value, expected) in [
            ("allocations", 1.04, Comparison::AsExpected),
            ("allocations", 1.06, Comparison::More(1.0)),
            ("allocations", 0.94, Comparison::Less(1.0)),
            ("instructions", 1.02, Comparison::AsExpected),
            ("instructions", 1.04, Comparison::More(1.0)),
            ("instructions", 0.96, Comparison::Less(1.0)),
        ] {
            assert_eq!(compare(kind, value, Some(1.0)), expected, "{kind} {value}");
        }
        assert_eq!(compare("allocations", 0.0, None), Comparison::Unknown);
    }

    #[test]
    fn more_and_unexpected_counts_fail_and_fewer_do_not() {
        let counted = |value| vec![(key("allocations", "recording", "sync"), value)];
        let expected = read(&written(&counted(1.0))).unwrap();
        assert_eq!(judge(&counted(1.0), &expected), Verdict::Passed);
        assert_eq!(judge(&counted(0.0), &expected), Verdict::Passed);
        assert_eq!(judge(&counted(2.0), &expected), Verdict::Failed);
        assert_eq!(judge(&counted(1.0), &HashMap::new()), Verdict::Failed);
    }
}
