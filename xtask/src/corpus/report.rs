//! The row of a crate: its plain copy beside its annotated copy.

use std::fs;
use std::time::Instant;

use super::copies::Counts;
use super::examine::{Examiner, Outcome};
use super::list::Crate;
use super::suite::{Tally, Tests};

pub(super) const TITLES: &str = "crate            annotated  async skipped  errors  warnings  (new)     plain tests annotated tests     s  verdict";

/// Examines both copies and prints their row; true if they are the same.
pub(super) fn check(
    listed: &Crate,
    counts: &Counts,
    plain: &Examiner<'_>,
    annotated: &Examiner<'_>,
) -> anyhow::Result<bool> {
    let began = Instant::now();
    let logs = plain.logs(listed);
    let (plain, annotated) = (plain.examine(listed)?, annotated.examine(listed)?);
    let comparison = Comparison::of(&plain, &annotated);
    fs::write(logs.join("findings.log"), comparison.findings())?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", comparison.row(&listed.name, counts, seconds));
    Ok(comparison.verdict() == SAME)
}

const SAME: &str = "same";

struct Comparison<'a> {
    plain: &'a Outcome,
    annotated: &'a Outcome,
    new_warnings: Vec<&'a str>,
    differences: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn of(plain: &'a Outcome, annotated: &'a Outcome) -> Self {
        let warnings = annotated.warnings.iter();
        let is_new = |key| !plain.warnings.contains_key(key);
        let new_warnings = warnings
            .filter(|(key, _)| is_new(key))
            .map(|(_, text)| &**text);
        let both_ran = !plain.tests.is_empty() && !annotated.tests.is_empty();
        Self {
            plain,
            annotated,
            new_warnings: new_warnings.collect(),
            differences: if both_ran {
                different_tests(&plain.tests, &annotated.tests)
            } else {
                Vec::new()
            },
        }
    }

    fn verdict(&self) -> String {
        let Self {
            plain, annotated, ..
        } = self;
        if !plain.errors.is_empty() || !plain.trouble.is_empty() {
            let trouble = plain.trouble.join("; ");
            let trouble = if trouble.is_empty() {
                "errors"
            } else {
                &trouble
            };
            return format!("the plain crate fails: {trouble}");
        }
        let mut found = annotated.trouble.clone();
        if !annotated.errors.is_empty() {
            found.push("errors".to_owned());
        }
        if !self.new_warnings.is_empty() {
            found.push("new warnings".to_owned());
        }
        if !self.differences.is_empty() {
            found.push(format!("{} tests differ", self.differences.len()));
        }
        if found.is_empty() {
            return SAME.to_owned();
        }
        found.join(", ")
    }

    /// All that differs, for the log.
    fn findings(&self) -> String {
        let errors = self.annotated.errors.values().map(String::as_str);
        let differences = self.differences.iter().map(String::as_str);
        let findings = errors
            .chain(self.new_warnings.iter().copied())
            .chain(differences);
        findings.collect::<Vec<_>>().join("\n")
    }

    fn row(&self, name: &str, counts: &Counts, seconds: f64) -> String {
        let Self {
            plain, annotated, ..
        } = self;
        let sum = |matches: &dyn Fn(&str) -> bool| -> usize {
            let counted = counts.iter().filter(|(what, _)| matches(what));
            counted.map(|(_, count)| count).sum()
        };
        let functions = sum(&|what| what == "annotated");
        let asynchronous = sum(&|what| what == "async");
        let skipped = sum(&|what| what.starts_with("skipped"));
        let errors = format!("{}/{}", plain.errors.len(), annotated.errors.len());
        let warnings = format!("{}/{}", plain.warnings.len(), annotated.warnings.len());
        let new = self.new_warnings.len();
        let plain_tests = Tally::of(&plain.tests).to_string();
        let annotated_tests = Tally::of(&annotated.tests).to_string();
        format!(
            "{name:<16} {functions:>9} {asynchronous:>6} {skipped:>7} {errors:>7} {warnings:>9} {new:>6} \
             {plain_tests:>15} {annotated_tests:>15} {seconds:>5.0}  {}",
            self.verdict()
        )
    }
}

pub(super) fn different_tests(plain: &Tests, annotated: &Tests) -> Vec<String> {
    let mut names: Vec<&String> = plain.keys().chain(annotated.keys()).collect();
    names.sort();
    names.dedup();
    let difference = |name: &String| {
        let (before, after) = (plain.get(name), annotated.get(name));
        let word = |result: Option<&_>| result.map_or("missing".to_owned(), ToString::to_string);
        (before != after).then(|| {
            format!(
                "{name}: {} when plain, {} when annotated",
                word(before),
                word(after)
            )
        })
    };
    names.into_iter().filter_map(difference).collect()
}

/// The sums of all counts, and how many crates are the same.
pub(super) fn totals(counts: &[Counts], same: usize) -> String {
    let mut sums: Counts = Vec::new();
    for (what, count) in counts.iter().flatten() {
        match sums.iter_mut().find(|(known, _)| known == what) {
            Some((_, sum)) => *sum += count,
            None => sums.push((what.clone(), *count)),
        }
    }
    let line = |(what, count): &(String, usize)| format!("{count:>7} {what}\n");
    let lines: String = sums.iter().map(line).collect();
    format!("{lines}{same:>7} of {} crates the same\n", counts.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::corpus::compiler::Compilation;
    use crate::corpus::suite::Suite;

    fn outcome(tests: &str) -> Outcome {
        Outcome {
            tests: Suite::read(tests).tests,
            ..Outcome::default()
        }
    }

    /// An outcome with a diagnostic of this level.
    fn diagnosed(level: &str) -> Outcome {
        let message = serde_json::json!({
            "reason": "compiler-message",
            "manifest_path": "/a/Cargo.toml",
            "message": {"level": level, "code": {"code": "a"}, "message": "b", "rendered": "rendered", "spans": []},
        });
        let read = Compilation::read(&message.to_string(), Path::new("/a/Cargo.toml")).unwrap();
        Outcome {
            errors: read.errors,
            warnings: read.warnings,
            ..Outcome::default()
        }
    }

    fn troubled(words: &str) -> Outcome {
        Outcome {
            trouble: vec![words.to_owned()],
            ..Outcome::default()
        }
    }

    fn verdict(plain: &Outcome, annotated: &Outcome) -> String {
        Comparison::of(plain, annotated).verdict()
    }

    #[test]
    fn verdicts_say_what_differs() {
        let clean = Outcome::default();
        assert_eq!(verdict(&clean, &clean), "same");
        assert_eq!(
            verdict(&diagnosed("warning"), &diagnosed("warning")),
            "same"
        );
        assert_eq!(verdict(&clean, &diagnosed("warning")), "new warnings");
        assert_eq!(verdict(&clean, &diagnosed("error")), "errors");
        assert_eq!(verdict(&clean, &troubled("too long")), "too long");
        assert_eq!(
            verdict(&troubled("too long"), &clean),
            "the plain crate fails: too long"
        );
        assert_eq!(
            verdict(&diagnosed("error"), &clean),
            "the plain crate fails: errors"
        );
    }

    #[test]
    fn tests_differ_by_result_and_by_absence() {
        let plain = outcome("test a ... ok\ntest b ... ok\ntest c ... ok\n");
        let annotated = outcome("test a ... ok\ntest b ... FAILED\ntest d ... ok\n");
        let comparison = Comparison::of(&plain, &annotated);
        assert_eq!(comparison.verdict(), "3 tests differ");
        assert_eq!(
            comparison.findings(),
            ": b: ok when plain, FAILED when annotated\n\
             : c: ok when plain, missing when annotated\n\
             : d: missing when plain, ok when annotated"
        );
        // Tests that did not run at all are trouble, which is said elsewhere.
        assert!(
            Comparison::of(&plain, &Outcome::default())
                .differences
                .is_empty()
        );
    }

    #[test]
    fn rows_stand_below_their_titles() {
        let counts = vec![
            ("annotated".to_owned(), 456),
            ("async".to_owned(), 3),
            ("skipped: const".to_owned(), 10),
            ("skipped: macro".to_owned(), 5),
        ];
        let tests = outcome("test a ... ok\n");
        let row = Comparison::of(&tests, &tests).row("smallvec", &counts, 12.4);
        assert_eq!(
            row,
            "smallvec               456      3      15     0/0       0/0      0           1/0/0           1/0/0    12  same"
        );
        assert_eq!(row.find("same"), TITLES.find("verdict"));
    }

    #[test]
    fn totals_are_of_all_crates() {
        let counts = |annotated| vec![("annotated".to_owned(), annotated)];
        let skipped = vec![
            ("annotated".to_owned(), 1),
            ("skipped: const".to_owned(), 4),
        ];
        assert_eq!(
            totals(&[counts(2), skipped, counts(3)], 2),
            "      6 annotated\n      4 skipped: const\n      2 of 3 crates the same\n"
        );
    }
}
