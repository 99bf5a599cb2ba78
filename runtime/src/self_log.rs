//! What we have to say to whoever runs the program: one line on stderr, and each kind of line once.
//! `printer.rs` writes it, so that nobody waits for a stderr that is locked.
//!
//! Not through `tracing` or `log`: a message about the exporter would then be exported by it.

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

/// Says it if nothing of this `kind` was said before and `OTEL_LOG_LEVEL` lets it through.
///
/// `message` may hold the text of somebody else's error: it is written with telemetry
/// suppressed, so that what runs in there has no spans and makes no records.
pub(crate) fn once(level: Level, kind: &str, message: impl fmt::Display) {
    static TOLD: ForkMutex<Option<HashSet<String>>> = ForkMutex::new(None);
    if !is_let_through(level) {
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

/// The same, however often it was said: for callers that see to it that it is not said too often.
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

/// At once: without `console` there is nothing to say but that a program reads a filter it cannot read, and no
/// reason for a thread. Nobody reads a closed stderr, and `eprintln!` would panic.
#[cfg(not(any(feature = "console", feature = "init")))]
fn print(line: String) {
    use std::io::Write as _;

    let _ = std::io::stderr().write_all(line.as_bytes());
}
