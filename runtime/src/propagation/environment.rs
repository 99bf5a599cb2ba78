//! Environment variables as carriers, from a process to the processes that it starts.

use std::ffi::OsString;
use std::fmt;
use std::process::Command;

use super::{Carrier, CarrierMut};

/// The environment of a process, as a carrier to be read.
///
/// A process that starts another one writes the context into the environment of the new process
/// (`inject = command`, for the `Command` of std and, with the feature `tokio`, that of tokio), which reads it:
/// `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, or the fields of another global propagator. Programs in between,
/// such as a shell script, pass the variables on.
///
/// Names are normalised: ASCII letters become upper case, and every character other than letters, digits and `_`
/// becomes `_` (`x-b3-traceid` is read from `X_B3_TRACEID`). Variables with other names are ignored, as are
/// values that are not UTF-8. A variable that occurs twice counts twice, as a header does.
///
/// If all spans of a program should be in the trace of the process that started it, call
/// `TelemetryBuilder::parent_of_environment` once instead.
///
/// Everybody who may read the environment of a process can read its baggage: keep secrets out of it.
///
/// Specification: OpenTelemetry, *Environment Variables as Context Propagation Carriers*.
///
/// ```
/// use traced::propagation::Environment;
/// use traced::traced;
///
/// #[traced(extract = Environment::new())]
/// fn nightly_job() {}
///
/// # traced::propagation::use_w3c();
/// # let ((), spans) = traced::testing::capture(nightly_job);
/// # assert_eq!(spans.len(), 1);
/// ```
#[derive(Clone)]
pub struct Environment {
    /// The variables with a normalised name, in their order. A value that is not UTF-8 is `None`.
    variables: Vec<(String, Option<String>)>,
}

impl Environment {
    /// A copy of the environment of this process.
    ///
    /// ```
    /// use traced::propagation::{Carrier, Environment};
    ///
    /// assert!(Environment::new().get("path").is_some());
    /// ```
    pub fn new() -> Self {
        std::env::vars_os().collect()
    }
}

/// Equal to [`Environment::new`].
impl Default for Environment {
    fn default() -> Self {
        Environment::new()
    }
}

/// The environment of another process, or one that a test makes up.
///
/// ```
/// use traced::propagation::Environment;
/// use traced::remote_span_context;
///
/// # traced::propagation::use_w3c();
/// let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let environment = Environment::from_iter([("TRACEPARENT", parent)]);
/// assert!(remote_span_context(&environment).is_some());
/// ```
impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let normalised = variables.into_iter().filter_map(|(name, value)| {
            let name = name.into().into_string().ok()?;
            let name = stored(&name, cfg!(windows))?;
            Some((name, value.into().into_string().ok()))
        });
        Environment {
            variables: normalised.collect(),
        }
    }
}

impl Carrier for Environment {
    fn get(&self, key: &str) -> Option<&str> {
        let key = normalised(key);
        let mut variables = self.variables.iter();
        let (_, value) = variables.find(|(name, _)| *name == key)?;
        value.as_deref()
    }

    fn keys(&self) -> Vec<&str> {
        let names = self.variables.iter().map(|(name, _)| name.as_str());
        names.collect()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        let key = normalised(key);
        let found = self.variables.iter().filter(|(name, _)| *name == key);
        found
            .map(|(_, value)| value.as_deref().unwrap_or_default())
            .collect()
    }
}

/// Shows no variable, as an environment holds secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// The environment of the process that will be started. Variables that this process inherited but the current
/// context does not have (`TRACESTATE`, `BAGGAGE`) are removed from it.
impl CarrierMut for Command {
    fn set(&mut self, key: &str, value: String) {
        self.env(normalised(key), value);
    }

    fn remove(&mut self, key: &str) {
        self.env_remove(normalised(key));
    }
}

/// As for [`std::process::Command`].
#[cfg(feature = "tokio")]
impl CarrierMut for tokio::process::Command {
    fn set(&mut self, key: &str, value: String) {
        self.as_std_mut().set(key, value);
    }

    fn remove(&mut self, key: &str) {
        self.as_std_mut().remove(key);
    }
}

/// The name of the variable that holds a key.
fn normalised(key: &str) -> String {
    let mut name: String = key
        .chars()
        .map(|character| match character.is_ascii_alphanumeric() {
            true => character.to_ascii_uppercase(),
            false => '_',
        })
        .collect();
    if !name.starts_with(|first: char| !first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// The normalised name under which a variable is stored; `None` if its name is another one. With
/// `ignores_case`, as on Windows, `Path` is the variable `PATH`.
fn stored(name: &str, ignores_case: bool) -> Option<String> {
    let normalised = normalised(name);
    let is_same = match ignores_case {
        true => normalised.eq_ignore_ascii_case(name),
        false => normalised == name,
    };
    is_same.then_some(normalised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (key, name) in [
            ("traceparent", "TRACEPARENT"),
            ("x-b3-traceid", "X_B3_TRACEID"),
            ("b3", "B3"),
            ("3b", "_3B"),
            ("_ok_", "_OK_"),
            ("", "_"),
            ("naïve key", "NA_VE_KEY"),
        ] {
            assert_eq!(normalised(key), name, "{key}");
            assert_eq!(stored(name, false).as_deref(), Some(name));
        }
    }

    #[test]
    fn variables_of_other_names_are_not_read() {
        let environment = Environment::from_iter([
            ("traceparent", "a"),
            ("X-B3-TRACEID", "b"),
            ("1X", "c"),
            ("", "d"),
            ("X_B3_TRACEID", "e"),
        ]);
        assert_eq!(environment.keys(), ["X_B3_TRACEID"]);
        assert_eq!(environment.get("x-b3-traceid"), Some("e"));
        assert_eq!(environment.get("traceparent"), None);
    }

    #[test]
    fn windows_names_are_stored_as_they_are_looked_up() {
        for (name, as_on_windows, elsewhere) in [
            ("Path", Some("PATH"), None),
            ("PATH", Some("PATH"), Some("PATH")),
            ("traceparent", Some("TRACEPARENT"), None),
            ("ProgramFiles(x86)", None, None),
        ] {
            assert_eq!(stored(name, true).as_deref(), as_on_windows);
            assert_eq!(stored(name, false).as_deref(), elsewhere);
        }
    }

    #[test]
    fn a_variable_that_occurs_twice_counts_twice() {
        let environment = Environment::from_iter([("A", "1"), ("B", "2"), ("A", "3")]);
        assert_eq!(environment.get_all("a"), ["1", "3"]);
        assert_eq!(environment.get("a"), Some("1"));
    }

    #[test]
    fn it_shows_no_value() {
        let environment = Environment::from_iter([("TOKEN", "hunter2")]);
        assert_eq!(format!("{environment:?}"), "Environment { .. }");
    }
}
