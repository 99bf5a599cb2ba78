//! What telemetry has to say of itself: lines on stderr, never spans and never log records.
//!
//! Specification: OpenTelemetry, *Error handling*, "Self-diagnostics"; `OTEL_LOG_LEVEL`.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering};

/// From the rarest to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);

/// Nothing above `level` is said from now on.
pub(crate) fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Telemetry is not, or no longer, what was asked for.
pub(crate) fn warn(message: impl fmt::Display) {
    say(Level::Warn, format_args!("warning: {message}"));
}

/// What somebody who looks for a mistake wants to read.
pub(crate) fn debug(message: impl fmt::Display) {
    say(Level::Debug, format_args!("{message}"));
}

fn say(level: Level, message: fmt::Arguments<'_>) {
    if level as u8 <= LEVEL.load(Ordering::Relaxed) {
        // In one piece, so that lines of several threads do not mix. Nobody is served by a
        // panic because stderr is closed.
        let _ = io::stderr().write_all(format!("traced: {message}\n").as_bytes());
    }
}
