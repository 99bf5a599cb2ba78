//! The messages of this crate to the operator of the program: a line on stderr each, and each kind of message
//! once. `printer.rs` writes them, so that no caller waits for a locked stderr.
//!
//! They do not use `tracing` or `log`, as a message about the exporter would then be exported by it.

use std::collections::HashSet;
use std::fmt;

pub(crate) mod level;

pub(crate) use self::level::Level;
#[cfg(feature = "init")]
pub(crate) use self::level::NAMES;
use self::level::{is_let_through, line};
use crate::current_context;
use crate::fork::ForkMutex;
#[cfg(any(feature = "console", feature = "init"))]
use crate::printer::Stream;

/// Prints `message`, unless a message of this `kind` was printed before or `OTEL_LOG_LEVEL`
/// excludes `level`.
///
/// `message` may format another crate's error: it is formatted with telemetry suppressed, so that
/// this makes no spans and no records.
pub(crate) fn once(level: Level, kind: &str, message: impl fmt::Display) {
    static PRINTED: ForkMutex<Option<HashSet<String>>> = ForkMutex::new(None);
    if !is_let_through(level) {
        return;
    }
    // In a forked child in which the lock is never released, the message is printed again.
    let is_new = PRINTED
        .lock()
        .is_none_or(|mut printed| printed.get_or_insert_default().insert(kind.to_owned()));
    if is_new {
        say(level, message);
    }
}

/// Prints `message` even if it was printed before: for callers that limit repetitions themselves.
pub(crate) fn say(level: Level, message: impl fmt::Display) {
    let suppressed = current_context::suppress_telemetry();
    let line = line(level, message);
    drop(suppressed);
    line.into_iter().for_each(print);
}

#[cfg(any(feature = "console", feature = "init"))]
fn print(line: String) {
    Stream::Stderr.print(line);
}

/// Writes directly: without `console` and `init` the only message is the warning about a malformed filter, which
/// needs no thread. `eprintln!` would panic if stderr is closed.
#[cfg(not(any(feature = "console", feature = "init")))]
fn print(line: String) {
    use std::io::Write as _;

    let _ = std::io::stderr().write_all(line.as_bytes());
}
