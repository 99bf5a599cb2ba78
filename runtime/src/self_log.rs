//! What we have to say to whoever runs the program: one line on stderr, and each kind of line once.
//! `printer.rs` writes it, so that nobody waits for a stderr that is locked.
//!
//! Not through `tracing` or `log`: a message about the exporter would then be exported by it.

use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use crate::current_context;
use crate::fork::ForkMutex;
#[cfg(feature = "console")]
use crate::printer::Stream;

/// How much a message matters.
///
/// Specification: OpenTelemetry, *Environment Variables*, `OTEL_LOG_LEVEL`, "log level used by the
/// SDK internal logger".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Telemetry is lost.
    Error,
    /// Something is not as it was asked for.
    Warn,
    /// Worth knowing.
    Info,
    /// Worth knowing for who looks for a mistake.
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

/// Says it if nothing of this `kind` was said before and `OTEL_LOG_LEVEL` lets it through.
///
/// `message` may hold the text of somebody else's error: it is written with telemetry
/// suppressed, so that what runs in there has no spans and makes no records.
pub(crate) fn once(level: Level, kind: &str, message: impl fmt::Display) {
    static TOLD: ForkMutex<Option<HashSet<String>>> = ForkMutex::new(None);
    if most_verbose().is_none_or(|most| level > most) {
        return;
    }
    // In a child that cannot know what was said before, it is said again.
    let is_new = TOLD
        .lock()
        .is_none_or(|mut told| told.get_or_insert_default().insert(kind.to_owned()));
    if is_new {
        say(level, message);
    }
}

/// Says that spans end in a child that has no thread to export them.
#[cfg(feature = "init")]
pub(crate) fn forked() {
    once(
        Level::Warn,
        "forked",
        "this process was forked from one with telemetry, and exports nothing; call `init` in it",
    );
}

/// The same, however often it was said: for callers that see to it that it is not said too often.
pub(crate) fn say(level: Level, message: impl fmt::Display) {
    let suppressed = current_context::suppress_telemetry();
    let line = line(level, message);
    drop(suppressed);
    line.into_iter().for_each(print);
}

#[cfg(feature = "console")]
fn print(line: String) {
    Stream::Stderr.print(line);
}

/// At once: without `console` there is nothing to say but that a program reads a filter it cannot read, and no
/// reason for a thread. Nobody reads a closed stderr, and `eprintln!` would panic.
#[cfg(not(feature = "console"))]
fn print(line: String) {
    use std::io::Write as _;

    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The line that says it; `None` if `OTEL_LOG_LEVEL` does not let it through.
pub(crate) fn line(level: Level, message: impl fmt::Display) -> Option<String> {
    let is_let_through = most_verbose().is_some_and(|most| level <= most);
    is_let_through.then(|| format!("traced: {level}: {message}\n"))
}

/// `None` if nothing is to be said at all.
fn most_verbose() -> Option<Level> {
    static LEVEL: OnceLock<Option<Level>> = OnceLock::new();
    *LEVEL.get_or_init(|| level_of(std::env::var("OTEL_LOG_LEVEL").as_deref().unwrap_or("")))
}

/// The names that the specification's implementations know, with the most that each lets through.
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

/// Any other name counts as unset, which is `info`.
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
    fn an_error_is_said_where_warnings_are_not() {
        let most = level_of("error").unwrap();
        assert!(Level::Error <= most && Level::Warn > most);
    }
}
