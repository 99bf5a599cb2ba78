//! One directive of a filter: a pattern, and `on` or `off`.

use std::cmp::Reverse;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// `pattern=on`, `pattern=off`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pattern: String,
    pub(super) is_on: bool,
}

impl Directive {
    /// Whether the pattern matches `path` or an ancestor of `path`.
    pub(super) fn covers(&self, path: &str) -> bool {
        let mut pieces = self.pattern.split('*');
        let Some(rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = pieces.next_back() else {
            return is_whole_or_below(rest);
        };
        // The leftmost place of each piece leaves the most for those behind it.
        let rest = pieces.try_fold(rest, |rest, piece| {
            rest.find(piece).map(|at| &rest[at + piece.len()..])
        });
        let Some(rest) = rest else { return false };
        let mut tails = (0..=rest.len()).filter_map(|at| rest.get(at..)?.strip_prefix(last));
        last.is_empty() || tails.any(is_whole_or_below)
    }

    /// The specificity of the pattern; of two directives the more specific one decides.
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
            None if is_state(text).is_some() => ("*", text),
            None => return Err(error(Problem::NoState)),
        };
        // Packages have `-` in their names where modules have `_`.
        let pattern = pattern.replace("r#", "").replace('-', "_");
        if !is_pattern(&pattern) {
            return Err(error(Problem::NotAPattern(pattern)));
        }
        match is_state(state) {
            Some(is_on) => Ok(Directive { pattern, is_on }),
            None => Err(error(Problem::NotAState(pattern, state.to_owned()))),
        }
    }
}

fn is_state(word: &str) -> Option<bool> {
    if word.eq_ignore_ascii_case("on") {
        Some(true)
    } else if word.eq_ignore_ascii_case("off") {
        Some(false)
    } else {
        None
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
        let state = if self.is_on { "on" } else { "off" };
        write!(f, "{}={state}", self.pattern)
    }
}

/// A directive of a [`Filter`](crate::Filter) that cannot be read.
///
/// ```
/// let error = "shop::db".parse::<traced::Filter>().unwrap_err();
/// assert_eq!(error.directive(), "shop::db");
/// assert_eq!(
///     error.to_string(),
///     "`shop::db` says neither `on` nor `off`; write `shop::db=off` or `shop::db=on`",
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
                "`{directive}` says neither `on` nor `off`; write `{directive}=off` or \
                 `{directive}=on`"
            ),
            Problem::NotAPattern(pattern) => write!(
                f,
                "in `{directive}`, `{pattern}` is not a path; write one such as `my_crate::db` or \
                 `*::health`, where `*` is any text"
            ),
            Problem::NotAState(pattern, state) => write!(
                f,
                "in `{directive}`, expected `on` or `off`, found `{state}`; write `{pattern}=off` \
                 or `{pattern}=on`"
            ),
        }
    }
}

impl Error for FilterError {}
