//! How detailed a span is: the argument `level` of `#[traced]`, which a filter compares.

use std::fmt;
use std::str::FromStr;

/// How detailed a span is, from the least detailed to the most: `level = ".."` of
/// [`#[traced]`](macro@crate::traced).
///
/// A [`Filter`](crate::Filter) has a level for each path, and turns off spans that are more detailed. Without a
/// filter, spans of every level are on. The names are those of the levels of `tracing` and `log`.
///
/// ```
/// use traced::SpanLevel;
///
/// assert!(SpanLevel::Debug > SpanLevel::Info);
/// assert_eq!("DEBUG".parse(), Ok(SpanLevel::Debug));
/// assert_eq!(SpanLevel::default().to_string(), "info");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanLevel {
    /// A span that no filter but `off` turns off.
    Error,
    /// Unusual work: a retry, a fallback.
    Warn,
    /// Of interest while a program works as it should. The level of a function without the argument.
    #[default]
    Info,
    /// Details of one component.
    Debug,
    /// Called so often, or so short, that it is rarely of interest.
    Trace,
}

impl SpanLevel {
    const WORDS: [(&'static str, SpanLevel); 5] = [
        ("error", SpanLevel::Error),
        ("warn", SpanLevel::Warn),
        ("info", SpanLevel::Info),
        ("debug", SpanLevel::Debug),
        ("trace", SpanLevel::Trace),
    ];
}

/// The level in lower case, as in the argument.
impl fmt::Display for SpanLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, _) = SpanLevel::WORDS[*self as usize];
        f.write_str(word)
    }
}

/// Reads a level, in upper or lower case.
///
/// # Errors
///
/// The word is not one of the five.
impl FromStr for SpanLevel {
    type Err = SpanLevelError;

    fn from_str(word: &str) -> Result<Self, SpanLevelError> {
        let mut words = SpanLevel::WORDS.iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        found
            .map(|(_, level)| *level)
            .ok_or_else(|| SpanLevelError {
                word: word.to_owned(),
            })
    }
}

/// A word that is not a [`SpanLevel`].
///
/// ```
/// let error = "verbose".parse::<traced::SpanLevel>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`verbose` is not a level; the levels are `error`, `warn`, `info`, `debug` and `trace`",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanLevelError {
    word: String,
}

impl fmt::Display for SpanLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a level; the levels are `error`, `warn`, `info`, `debug` and `trace`",
            self.word
        )
    }
}

impl std::error::Error for SpanLevelError {}
