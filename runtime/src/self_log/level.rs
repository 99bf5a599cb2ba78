//! The levels of this crate's messages, and which of them `OTEL_LOG_LEVEL` lets through.

use std::fmt;
use std::sync::OnceLock;
#[cfg(feature = "config-file")]
use std::sync::atomic::{AtomicU8, Ordering};

/// The level of a message.
///
/// Specification: OpenTelemetry, *Environment Variables*, `OTEL_LOG_LEVEL`, "log level used by the
/// SDK internal logger".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Telemetry is lost.
    Error,
    /// A setting has no effect, or another effect than intended.
    Warn,
    /// Information that needs no action.
    Info,
    /// Details for debugging a configuration.
    Debug,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Info => "note",
            Level::Debug => "debug",
        })
    }
}

/// The message as a line; `None` if `OTEL_LOG_LEVEL` excludes its level.
pub(crate) fn line(level: Level, message: impl fmt::Display) -> Option<String> {
    is_let_through(level).then(|| format!("traced: {level}: {message}\n"))
}

/// Whether `OTEL_LOG_LEVEL` lets a message of this level through.
pub(crate) fn is_let_through(level: Level) -> bool {
    most_verbose().is_some_and(|most| level <= most)
}

/// The level in a configuration file plus one, which overrides the variable; 0 before it is set.
#[cfg(feature = "config-file")]
static SET: AtomicU8 = AtomicU8::new(0);

/// Lets messages up to this level through, regardless of `OTEL_LOG_LEVEL`.
#[cfg(feature = "config-file")]
pub(crate) fn set(level: Level) {
    SET.store(level as u8 + 1, Ordering::Relaxed);
}

#[cfg(feature = "config-file")]
fn set_level() -> Option<Level> {
    let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
    let index = SET.load(Ordering::Relaxed).checked_sub(1)?;
    levels.get(usize::from(index)).copied()
}

/// The most verbose level that is printed; `None` if no message is.
fn most_verbose() -> Option<Level> {
    #[cfg(feature = "config-file")]
    if let Some(level) = set_level() {
        return Some(level);
    }
    static LEVEL: OnceLock<Option<Level>> = OnceLock::new();
    *LEVEL.get_or_init(|| level_of(std::env::var("OTEL_LOG_LEVEL").as_deref().unwrap_or("")))
}

/// The values of `OTEL_LOG_LEVEL` that OpenTelemetry's implementations accept, each with the most verbose level
/// that it lets through.
pub(crate) static NAMES: [(&str, Option<Level>); 11] = [
    ("none", None),
    ("off", None),
    ("error", Some(Level::Error)),
    ("fatal", Some(Level::Error)),
    ("warn", Some(Level::Warn)),
    ("warning", Some(Level::Warn)),
    ("info", Some(Level::Info)),
    ("debug", Some(Level::Debug)),
    ("trace", Some(Level::Debug)),
    ("verbose", Some(Level::Debug)),
    ("all", Some(Level::Debug)),
];

/// The level of a value. An unknown value counts as unset, and unset means `info`.
fn level_of(name: &str) -> Option<Level> {
    let known = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
    known.map_or(Some(Level::Info), |(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_and_unknown_is_info() {
        assert_eq!(level_of(""), Some(Level::Info));
        assert_eq!(level_of("loud"), Some(Level::Info));
        assert_eq!(level_of("Debug"), Some(Level::Debug));
    }

    #[test]
    fn off_is_silence() {
        assert_eq!(level_of(" OFF "), None);
    }

    #[test]
    fn errors_are_printed_where_warnings_are_not() {
        let most = level_of("error").unwrap();
        assert!(Level::Error <= most && Level::Warn > most);
    }
}
