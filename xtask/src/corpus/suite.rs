//! The names and results of tests, from what libtest and cargo print.

use std::collections::BTreeMap;
use std::fmt;

/// Results by target and name.
pub(super) type Tests = BTreeMap<String, TestResult>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TestResult {
    Passed,
    Failed,
    Ignored,
}

impl TestResult {
    const WORDS: [(&str, Self); 3] = [
        ("ok", Self::Passed),
        ("FAILED", Self::Failed),
        ("ignored", Self::Ignored),
    ];
}

impl fmt::Display for TestResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, _) = Self::WORDS[*self as usize];
        f.write_str(word)
    }
}

/// How many tests passed, failed and were ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally([usize; 3]);

impl Tally {
    pub(super) fn of(tests: &Tests) -> Self {
        let mut tally = Self::default();
        tests.values().for_each(|result| tally.count(*result));
        tally
    }

    fn count(&mut self, result: TestResult) {
        self.0[result as usize] += 1;
    }

    fn add(&mut self, more: Self) {
        for (count, more) in self.0.iter_mut().zip(more.0) {
            *count += more;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [passed, failed, ignored] = self.0;
        write!(f, "{passed}/{failed}/{ignored}")
    }
}

#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) tests: Tests,
    /// The results that were read one by one.
    pub(super) read: Tally,
    /// The results by libtest's summaries: equal to `read`, unless the output of a test is mixed into
    /// the results.
    pub(super) announced: Tally,
}

impl Suite {
    pub(super) fn read(output: &str) -> Self {
        let mut suite = Self::default();
        let mut target = "";
        for line in output.lines() {
            if let Some(found) = header(line) {
                target = found;
            } else if let Some((name, result)) = test(line) {
                suite.read.count(result);
                suite.tests.insert(format!("{target}: {name}"), result);
            } else if let Some(tally) = summary(line) {
                suite.announced.add(tally);
            } else if let Some(failed) = failed_target(line) {
                suite
                    .tests
                    .insert(format!("target {failed}"), TestResult::Failed);
            }
        }
        suite
    }
}

/// `unittests src/lib.rs` of `     Running unittests src/lib.rs (target/debug/deps/a-1)`.
fn header(line: &str) -> Option<&str> {
    let words = line.strip_prefix(' ')?.trim_start();
    if words.starts_with("Doc-tests ") {
        return Some("doc");
    }
    let (target, _) = words
        .strip_prefix("Running ")?
        .strip_suffix(')')?
        .rsplit_once(" (")?;
    Some(target)
}

/// Name and result of `test a::b ... ok`. A reason may follow `ignored`.
fn test(line: &str) -> Option<(&str, TestResult)> {
    const DOTS: &str = " ... ";
    let words = line.strip_prefix("test ")?;
    words.match_indices(DOTS).find_map(|(end, _)| {
        let result = result(&words[end + DOTS.len()..])?;
        Some((&words[..end], result))
    })
}

fn result(words: &str) -> Option<TestResult> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let end = words
        .find(|character| !is_word(character))
        .unwrap_or(words.len());
    let known = TestResult::WORDS
        .iter()
        .find(|(word, _)| *word == &words[..end]);
    known.map(|(_, result)| *result)
}

/// The counts of `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ..`.
fn summary(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let mut count = |word: &str| counts.next()?.strip_suffix(word)?.parse().ok();
    Some(Tally([
        count(" passed")?,
        count(" failed")?,
        count(" ignored")?,
    ]))
}

/// `--test b` of the line ``    `--test b` ``, by which cargo lists targets that failed: also those
/// whose process was killed, which print no results.
fn failed_target(line: &str) -> Option<&str> {
    let target = line
        .strip_prefix(' ')?
        .trim_start()
        .strip_prefix('`')?
        .strip_suffix('`')?;
    let flag = match target.strip_prefix("-p ") {
        Some(package) => package.split_once(' ')?.1,
        None => target,
    };
    ["--lib", "--doc", "--bin", "--test"]
        .iter()
        .any(|kind| flag.starts_with(kind))
        .then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
   Compiling a v1.0.0
     Running unittests src/lib.rs (target/debug/deps/a-0123)

running 3 tests
test one::two ... ok
test three - should panic ... ok
test four ... ignored, needs a network

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/b c.rs (target/debug/deps/b-0123)
test one::two ... FAILED
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests a
test src/lib.rs - f (line 3) - compile ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: 1 target failed:
    `-p a --test b`
";

    #[test]
    fn tests_are_named_by_target() {
        let suite = Suite::read(OUTPUT);
        let lines: Vec<String> = suite
            .tests
            .iter()
            .map(|(name, result)| format!("{name} {result}"))
            .collect();
        assert_eq!(
            lines,
            [
                "doc: src/lib.rs - f (line 3) - compile ok",
                "target -p a --test b FAILED",
                "tests/b c.rs: one::two FAILED",
                "unittests src/lib.rs: four ignored",
                "unittests src/lib.rs: one::two ok",
                "unittests src/lib.rs: three - should panic ok",
            ]
        );
        assert_eq!(suite.read.to_string(), "3/1/1");
        assert_eq!(suite.announced, suite.read);
        // A failed target is one more failure.
        assert_eq!(Tally::of(&suite.tests).to_string(), "3/2/1");
    }

    #[test]
    fn a_result_that_is_torn_apart_does_not_add_up() {
        let torn = OUTPUT.replace("one::two ... ok", "one::two ... output of the test\nok");
        let suite = Suite::read(&torn);
        assert_eq!(
            (suite.read.to_string(), suite.announced.to_string()),
            ("2/1/1".to_owned(), "3/1/1".to_owned())
        );
    }

    #[test]
    fn results_are_whole_words() {
        assert_eq!(test("test a ... okay"), None);
        assert_eq!(
            test("test a ... b ... ok"),
            Some(("a ... b", TestResult::Passed))
        );
        assert_eq!(test("testing a ... ok"), None);
    }

    #[test]
    fn other_lines_in_backquotes_are_no_targets() {
        assert_eq!(failed_target("    `--bins`"), Some("--bins"));
        assert_eq!(failed_target("    `a.txt`"), None);
        assert_eq!(failed_target("`--lib`"), None);
    }
}
