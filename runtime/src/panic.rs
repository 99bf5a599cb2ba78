//! The message and the location of a panic, for the spans that it unwinds through.
//!
//! Only the panic hook gets both the message and the location, so it stores them for its thread. No panic is
//! caught, so unwinding is the same as without this crate.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, TraceId};

use crate::exception;
use crate::fork::ForkMutex;
use crate::panic_hook;

/// The data that a span records when a panic unwinds through it.
pub(crate) struct PanicRecord {
    /// The description of the status.
    pub(crate) message: String,
    /// The `exception` event, on the innermost span only.
    pub(crate) event_attributes: Option<Vec<KeyValue>>,
}

#[derive(Clone)]
struct Panic {
    message: String,
    place: Option<PanicLocation>,
    backtrace: Option<String>,
    recorded: bool,
}

#[derive(Clone)]
struct PanicLocation {
    file: String,
    line: u32,
    column: u32,
}

thread_local! {
    /// The latest panic on this thread.
    static LATEST: RefCell<Option<Panic>> = const { RefCell::new(None) };
    /// Whether `LATEST` holds a panic: cheaper to read.
    static HEARD: Cell<bool> = const { Cell::new(false) };
}

/// Whether the hook is known to be installed.
static LISTENING: AtomicBool = AtomicBool::new(false);

/// A function that is called with the message and location of a panic, and a closure that makes the attributes of
/// its event.
type Watcher = fn(&str, &dyn Fn() -> Vec<KeyValue>);

static WATCHERS: [OnceLock<Watcher>; 2] = [const { OnceLock::new() }; 2];

/// Calls `watcher` at every panic, within the hook, as the process may end there. `WATCHERS` has a place for each
/// caller of this function, which calls it once.
#[cfg(feature = "init")]
pub(crate) fn watch(watcher: Watcher) {
    let mut places = WATCHERS.iter();
    places.find(|place| place.set(watcher).is_ok());
    // A panic may happen before the first span.
    start_listening();
}

/// Installs the hook before the first span, and again after it was replaced.
#[inline]
pub(crate) fn start_listening() {
    if !LISTENING.load(Ordering::Relaxed) || HEARD.try_with(Cell::get).unwrap_or(false) {
        prepare();
    }
}

#[cold]
fn prepare() {
    // A panicking thread cannot change the hook, and `LATEST` is still needed by the spans that it unwinds through.
    if thread::panicking() {
        return;
    }
    // A span starts, so the latest panic on this thread was caught.
    let _ = HEARD.try_with(|heard| heard.set(false));
    drop(LATEST.try_with(RefCell::take));
    if !LISTENING.swap(true, Ordering::SeqCst) {
        panic_hook::listen(note);
    }
}

fn note(info: &PanicHookInfo<'_>) {
    let panic = Panic {
        message: message_of(info.payload()),
        place: info.location().map(|location| PanicLocation {
            file: location.file().to_owned(),
            line: location.line(),
            column: location.column(),
        }),
        backtrace: captured_backtrace(),
        recorded: false,
    };
    exception::panicked_outside(|| panic.event_attributes());
    for watcher in WATCHERS.iter().filter_map(OnceLock::get) {
        watcher(&panic.message_and_location(), &|| panic.event_attributes());
    }
    keep(panic);
}

/// Stores a panic for the spans that it unwinds through on this thread.
fn keep(panic: Panic) {
    let _ = HEARD.try_with(|heard| heard.set(true));
    let _ = LATEST.try_with(|latest| {
        if let Ok(mut latest) = latest.try_borrow_mut() {
            *latest = Some(panic);
        }
    });
}

/// As std prints the message of a panic.
fn message_of(payload: &(dyn Any + Send)) -> String {
    panic_hook::text_of(payload)
        .unwrap_or("Box<dyn Any>")
        .to_owned()
}

/// A backtrace, if the environment (`RUST_BACKTRACE`) enables them.
fn captured_backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured)
        .then(|| since_the_panic(&backtrace.to_string()))
}

/// The frames from the panic on, without those of the panic hook, as std prints them. All frames if it is not known
/// where the hook begins.
fn since_the_panic(backtrace: &str) -> String {
    // Every panic calls the hook below a function of this name, where std's own backtraces begin.
    let calls_hook = |line: &&str| {
        function_of(line).is_some_and(|function| function.contains("__rust_end_short_backtrace"))
    };
    let mut lines = backtrace
        .lines()
        .skip_while(|line| !calls_hook(line))
        .skip(1)
        .skip_while(|line| function_of(line).is_none())
        .peekable();
    if lines.peek().is_none() {
        return backtrace.to_owned();
    }
    let (mut number, mut frames) = (0, String::new());
    for line in lines {
        match function_of(line) {
            Some(function) => {
                frames += &format!("{number:4}: {function}\n");
                number += 1;
            }
            None => {
                frames += line;
                frames.push('\n');
            }
        }
    }
    frames
}

/// The function of a frame's first line, `   4: function`; its second line has the place.
fn function_of(line: &str) -> Option<&str> {
    let (number, function) = line.trim_start().split_once(": ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(function)
}

/// The data to record on `span`, which a panic unwinds through.
pub(crate) fn unwinding_through(span: &SpanContext) -> PanicRecord {
    let latest = LATEST.try_with(|latest| {
        let mut latest = latest.borrow_mut();
        let panic = latest.as_mut()?;
        let known = panic.clone();
        panic.recorded = true;
        Some(known)
    });
    match latest {
        Ok(Some(panic)) if panic.recorded => PanicRecord {
            message: panic.message,
            event_attributes: None,
        },
        Ok(Some(panic)) => {
            remember(span.trace_id(), &panic.message);
            PanicRecord {
                event_attributes: Some(panic.event_attributes()),
                message: panic.message,
            }
        }
        Ok(None) | Err(_) => unnoticed(span.trace_id()),
    }
}

impl Panic {
    /// The message, and the location if it is known.
    fn message_and_location(&self) -> String {
        match &self.place {
            Some(PanicLocation { file, line, column }) => {
                format!("{} (at {file}:{line}:{column})", self.message)
            }
            None => self.message.clone(),
        }
    }

    fn event_attributes(&self) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new("exception.type", "panic"),
            KeyValue::new("exception.message", self.message.clone()),
        ];
        let mut stacktrace = format!("panic: {}", self.message);
        if let Some(place) = &self.place {
            stacktrace += &format!("\n    at {}:{}:{}", place.file, place.line, place.column);
            attributes.push(KeyValue::new("code.file.path", place.file.clone()));
            attributes.push(KeyValue::new("code.line.number", i64::from(place.line)));
            attributes.push(KeyValue::new("code.column.number", i64::from(place.column)));
        }
        if let Some(backtrace) = &self.backtrace {
            stacktrace += "\n";
            stacktrace += backtrace;
        }
        attributes.push(KeyValue::new("exception.stacktrace", stacktrace));
        attributes
    }
}

/// The panics that were recorded last on any thread. A panic that is resumed on another thread (`rayon::join`, a
/// task's `JoinError`) does not call the hook there, and is found here by its trace.
static RECENT: ForkMutex<VecDeque<(TraceId, String)>> = ForkMutex::new(VecDeque::new());
/// Large enough that a burst of panics does not push out one that is still to be resumed on another thread.
const RECENT_PANICS: usize = 128;

fn remember(trace: TraceId, message: &str) {
    let Some(mut recent) = RECENT.lock() else {
        return;
    };
    // Only the latest of a trace is looked for.
    recent.retain(|(of, _)| *of != trace);
    if recent.len() == RECENT_PANICS {
        recent.pop_front();
    }
    recent.push_back((trace, message.to_owned()));
}

/// The data of a panic that did not reach our hook. Either it was resumed on this thread, and is already recorded
/// on a span of the trace; or `resume_unwind` was called without a panic; or the hook was replaced, and ours is
/// installed again at the next span.
fn unnoticed(trace: TraceId) -> PanicRecord {
    if let Some(message) = carried_over(trace) {
        return PanicRecord {
            message,
            event_attributes: None,
        };
    }
    LISTENING.store(false, Ordering::SeqCst);
    panic_hook::note_replaced();
    let message = "a panic whose message did not reach the panic hook of `traced`";
    // So that the spans around this one have the message without another event.
    remember(trace, message);
    keep(Panic {
        message: message.to_owned(),
        place: None,
        backtrace: None,
        recorded: true,
    });
    PanicRecord {
        message: message.to_owned(),
        event_attributes: Some(vec![
            KeyValue::new("exception.type", "panic"),
            KeyValue::new("exception.message", message),
        ]),
    }
}

fn carried_over(trace: TraceId) -> Option<String> {
    let recent = RECENT.lock()?;
    let carried_over = recent.iter().rev().find(|(of, _)| *of == trace);
    carried_over.map(|(_, message)| message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtrace_begins_where_the_panic_does() {
        let whole = "   0: traced::panic::note\n             at ./panic.rs:101:20\n   \
                     1: std::sys::backtrace::__rust_end_short_backtrace::<F, !>\n             at /std.rs:1:1\n   \
                     2: __rustc::rust_begin_unwind\n  10: shop::pay\n             at ./a: b.rs:3:9\n";
        let expected =
            "   0: __rustc::rust_begin_unwind\n   1: shop::pay\n             at ./a: b.rs:3:9\n";
        assert_eq!(since_the_panic(whole), expected);
    }

    #[test]
    fn a_backtrace_without_names_is_whole() {
        for whole in [
            "   0: <unknown>\n   1: <unknown>\n",
            "disabled backtrace",
            "",
        ] {
            assert_eq!(since_the_panic(whole), whole);
        }
    }
}
