//! A directive of a filter: a pattern, and `on`, `off` or a level.

use std::cmp::Reverse;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::span_level::SpanLevel;

/// `pattern=on`, `pattern=off`, `pattern=info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pattern: String,
    /// The most detailed level that is on; `None` if none is.
    most: Option<SpanLevel>,
}

impl Directive {
    /// Whether spans of this level are on.
    pub(super) fn lets_through(&self, level: SpanLevel) -> bool {
        self.most.is_some_and(|most| level <= most)
    }

    /// Whether the pattern matches `path` or an ancestor of `path`.
    pub(super) fn covers(&self, path: &str) -> bool {
        let mut pieces = self.pattern.split('*');
        let Some(rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = pieces.next_back() else {
            return is_whole_or_below(rest);
        };
        // The leftmost match of each piece leaves the longest rest for the pieces behind it.
        let rest = pieces.try_fold(rest, |rest, piece| {
            rest.find(piece).map(|at| &rest[at + piece.len()..])
        });
        let Some(rest) = rest else { return false };
        let mut tails = (0..=rest.len()).filter_map(|at| rest.get(at..)?.strip_prefix(last));
        last.is_empty() || tails.any(is_whole_or_below)
    }

    /// The specificity of the pattern: the directive with the greatest decides.
    pub(super) fn weight(&self) -> impl Ord + use<> {
        let stars = self.pattern.matches('*').count();
        (self.pattern.len() - stars, Reverse(stars))
    }
}

fn is_whole_or_below(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with("::")
}

impl FromStr for Directive {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let error = |problem| FilterError {
            directive: text.to_owned(),
            problem,
        };
        let (pattern, state) = match text.split_once('=') {
            Some((pattern, state)) => (pattern.trim(), state.trim()),
            None if state_of(text).is_some() => ("*", text),
            None => return Err(error(Problem::NoState)),
        };
        // The name of a package may have `-` where that of its crate has `_`.
        let pattern = pattern.replace("r#", "").replace('-', "_");
        if !is_pattern(&pattern) {
            return Err(error(Problem::NotAPattern(pattern)));
        }
        match state_of(state) {
            Some(most) => Ok(Directive { pattern, most }),
            None => Err(error(Problem::NotAState(pattern, state.to_owned()))),
        }
    }
}

/// Parses the state of a directive: the most detailed level that is on, or `Some(None)` for `off`.
fn state_of(word: &str) -> Option<Option<SpanLevel>> {
    if word.eq_ignore_ascii_case("on") {
        Some(Some(SpanLevel::Trace))
    } else if word.eq_ignore_ascii_case("off") {
        Some(None)
    } else {
        word.parse().ok().map(Some)
    }
}

fn is_pattern(pattern: &str) -> bool {
    let is_of_names = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '*');
    let mut rest = pattern.replace("::", "");
    rest.retain(|letter| !is_of_names(letter));
    !pattern.is_empty() && rest.is_empty()
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = &self.pattern;
        match self.most {
            None => write!(f, "{pattern}=off"),
            Some(SpanLevel::Trace) => write!(f, "{pattern}=on"),
            Some(level) => write!(f, "{pattern}={level}"),
        }
    }
}

/// A directive of a [`Filter`](crate::Filter) that cannot be parsed.
///
/// ```
/// let error = "shop::db".parse::<traced::Filter>().unwrap_err();
/// assert_eq!(error.directive(), "shop::db");
/// assert_eq!(
///     error.to_string(),
///     "`shop::db` says neither `on` nor `off`, nor a level; write `shop::db=off`, `shop::db=on` or \
///      `shop::db=info`",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    directive: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    NoState,
    NotAPattern(String),
    NotAState(String, String),
}

impl FilterError {
    /// The directive, as it was written.
    pub fn directive(&self) -> &str {
        &self.directive
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FilterError { directive, problem } = self;
        match problem {
            Problem::NoState => write!(
                f,
                "`{directive}` says neither `on` nor `off`, nor a level; write `{directive}=off`, \
                 `{directive}=on` or `{directive}=info`"
            ),
            Problem::NotAPattern(pattern) => write!(
                f,
                "in `{directive}`, `{pattern}` is not a path; write one such as `my_crate::db` or \
                 `*::health`, where `*` is any text"
            ),
            Problem::NotAState(pattern, state) => write!(
                f,
                "in `{directive}`, expected `on`, `off` or a level (`error`, `warn`, `info`, `debug`, \
                 `trace`), found `{state}`; write `{pattern}=off`, `{pattern}=on` or `{pattern}=info`"
            ),
        }
    }
}

impl Error for FilterError {}
