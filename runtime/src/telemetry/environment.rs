//! Reads environment variables by the rules of the specification, and collects warnings about invalid values.
//!
//! An empty value counts as unset. An invalid value counts as unset too, and a warning gives an
//! example of a valid one. This module does not know the purpose of any variable.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*, "Type-specific guidance".

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use super::pairs;
use super::variables::Variable;

/// Stands for "no limit", which a timeout of zero means. It is short enough to be added to an `Instant`.
///
/// Specification: OpenTelemetry, *Common Configuration*, "Timeout".
pub(crate) const NO_LIMIT: Duration = Duration::from_millis(u32::MAX as u64);

/// The source of variables, and the warnings about the variables that were read.
pub(crate) struct Environment {
    look_up: Box<LookUp>,
    warnings: Vec<String>,
}

type LookUp = dyn Fn(&str) -> Option<OsString>;

/// The meaning of one keyword of a variable.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keyword<T> {
    Is(T),
    /// The specification has the keyword, but it is not supported: the reason, or what to do instead.
    Unsupported(&'static str),
}

/// The keywords that a variable may have as its value, each with its meaning.
pub(crate) type Keywords<T> = [(&'static str, Keyword<T>)];

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        Environment::new(|name| env::var_os(name))
    }

    pub(crate) fn new(look_up: impl Fn(&str) -> Option<OsString> + 'static) -> Self {
        Environment {
            look_up: Box::new(look_up),
            warnings: Vec::new(),
        }
    }

    /// Replaces the source of variables.
    #[cfg(feature = "config-file")]
    pub(crate) fn look_up_with(&mut self, look_up: impl Fn(&str) -> Option<OsString> + 'static) {
        self.look_up = Box::new(look_up);
    }

    /// The warnings, one line each, in the order in which they were found.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        self.warnings
    }

    /// Adds a warning about `variable`, unless it was added before.
    pub(crate) fn warn(&mut self, variable: &Variable, wrong: impl fmt::Display) {
        let warning = format!("{}: {wrong}", variable.name);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Adds a warning that the value of `variable` counts as unset, with an example of a valid value.
    pub(crate) fn reject(&mut self, variable: &Variable, wrong: impl fmt::Display) {
        let Variable { name, example, .. } = variable;
        self.warn(
            variable,
            format_args!("{wrong}; it counts as unset, write for example `{name}={example}`"),
        );
    }

    /// The value of a variable that is not in the table of `variables.rs`.
    pub(crate) fn raw(&self, name: &str) -> Option<String> {
        let value = (self.look_up)(name)?.into_string().ok();
        value.filter(|value| !value.is_empty())
    }

    /// The value without surrounding white space; `None` if nothing is left.
    pub(crate) fn text(&mut self, variable: &Variable) -> Option<String> {
        let value = (self.look_up)(variable.name)?;
        match value.into_string() {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(_) => {
                self.reject(variable, "expected text, found what is not UTF-8");
                None
            }
        }
    }

    /// Whether the variable has a value, valid or not.
    pub(crate) fn is_set(&self, variable: &Variable) -> bool {
        let value = (self.look_up)(variable.name);
        value.is_some_and(|value| !value.to_string_lossy().trim().is_empty())
    }

    /// `true` in upper or lower case; any other value counts as `false`.
    pub(crate) fn boolean(&mut self, variable: &Variable) -> Option<bool> {
        let text = self.text(variable)?;
        if text.eq_ignore_ascii_case("true") {
            return Some(true);
        }
        if !text.eq_ignore_ascii_case("false") {
            self.warn(
                variable,
                format_args!(
                    "expected `true` or `false`, found {}; it counts as `false`",
                    Shown(&text)
                ),
            );
        }
        Some(false)
    }

    fn number(&mut self, variable: &Variable, least: u64) -> Option<u64> {
        let text = self.text(variable)?;
        let number = text.parse().ok().filter(|number| *number >= least);
        if number.is_none() {
            self.reject(
                variable,
                format_args!(
                    "expected a whole number, {least} or more, found {}",
                    Shown(&text)
                ),
            );
        }
        number
    }

    /// As [`number`](Self::number), as a `usize`.
    pub(crate) fn count(&mut self, variable: &Variable, least: u64) -> Option<usize> {
        let number = self.number(variable, least)?;
        Some(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// A duration in milliseconds, at most [`NO_LIMIT`].
    pub(crate) fn duration(&mut self, variable: &Variable) -> Option<Duration> {
        let millis = self.number(variable, 0)?;
        Some(Duration::from_millis(millis).min(NO_LIMIT))
    }

    /// A timeout in milliseconds, where zero means no limit.
    pub(crate) fn timeout(&mut self, variable: &Variable) -> Option<Duration> {
        let timeout = self.duration(variable)?;
        Some(if timeout.is_zero() { NO_LIMIT } else { timeout })
    }

    /// One of several keywords, in upper or lower case.
    pub(crate) fn keyword<T: Copy>(
        &mut self,
        variable: &Variable,
        keywords: &Keywords<T>,
    ) -> Option<T> {
        let text = self.text(variable)?;
        match chosen(&text, keywords) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.reject(variable, wrong);
                None
            }
        }
    }

    /// A list of keywords separated by commas, without duplicates. `None` if none of them is valid.
    pub(crate) fn keywords<T: Copy + PartialEq>(
        &mut self,
        variable: &Variable,
        keywords: &Keywords<T>,
    ) -> Option<Vec<T>> {
        let text = self.text(variable)?;
        let mut found = Vec::new();
        for name in text.split(',').map(str::trim) {
            match chosen(name, keywords) {
                _ if name.is_empty() => self.warn(variable, pairs::STRAY_COMMA),
                Ok(value) if found.contains(&value) => {}
                Ok(value) => found.push(value),
                Err(wrong) => self.reject(variable, wrong),
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// As [`keywords`](Self::keywords), where the keyword `none` means an empty list.
    pub(crate) fn keywords_or_none<T: Copy + PartialEq>(
        &mut self,
        variable: &Variable,
        keywords: &Keywords<Option<T>>,
    ) -> Option<Vec<T>> {
        let found = self.keywords(variable, keywords)?;
        if found.len() > 1 && found.contains(&None) {
            self.warn(
                variable,
                "`none` stands beside other values; leave out `none`, or the other values",
            );
        }
        Some(found.into_iter().flatten().collect())
    }
}

fn chosen<T: Copy>(text: &str, keywords: &Keywords<T>) -> Result<T, String> {
    let keyword = keywords
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    match keyword {
        Some((_, Keyword::Is(value))) => Ok(*value),
        Some((name, Keyword::Unsupported(why))) => Err(format!("`{name}` is not supported, {why}")),
        None => Err(format!(
            "expected {}, found {}",
            names_of(keywords),
            Shown(text)
        )),
    }
}

/// "`a`, `b` or `c`".
fn names_of<T>(keywords: &Keywords<T>) -> String {
    let supported = keywords
        .iter()
        .filter(|(_, keyword)| matches!(keyword, Keyword::Is(_)));
    let names: Vec<String> = supported.map(|(name, _)| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A value in a message: on one line, truncated, and hidden if it looks like a URL with a
/// password or a token.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

const SHOWN_CHARS: usize = 60;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(['@', '?']) {
            return f.write_str("a value that may hold a secret");
        }
        let text: String = self.0.chars().take(SHOWN_CHARS).collect();
        let rest = if text.len() < self.0.len() { ".." } else { "" };
        write!(f, "`{}{rest}`", text.escape_debug())
    }
}
