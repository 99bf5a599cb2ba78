//! Panics: the message and the place of a panic, for the spans that it unwinds through.
//!
//! Only the panic hook gets the message *and* the place: it keeps both for its thread. Nothing is caught, so
//! unwinding is the same as without us.

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
    /// Whether there is one.
    static HEARD: Cell<bool> = const { Cell::new(false) };
}

/// Whether the hook is known to be installed.
static LISTENING: AtomicBool = AtomicBool::new(false);

/// A function that is told the message and the place of a panic, and may ask for the attributes of its event.
type Watcher = fn(&str, &dyn Fn() -> Vec<KeyValue>);

static WATCHERS: [OnceLock<Watcher>; 2] = [const { OnceLock::new() }; 2];

/// Has every panic told to `watcher` within the hook, as the process may end there. There is a place for each caller,
/// which calls this once.
#[cfg(feature = "init")]
pub(crate) fn watch(watcher: Watcher) {
    let mut places = WATCHERS.iter();
    places.find(|place| place.set(watcher).is_ok());
    // A panic may come before the first span.
    start_listening();
}

/// Installs the hook before the first span, and again when it was replaced.
#[inline]
pub(crate) fn start_listening() {
    if !LISTENING.load(Ordering::Relaxed) || HEARD.try_with(Cell::get).unwrap_or(false) {
        prepare();
    }
}

#[cold]
fn prepare() {
    // A thread that panics cannot change the hook, and its panic still has spans to unwind through.
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
        watcher(&panic.said(), &|| panic.event_attributes());
    }
    keep(panic);
}

/// Keeps what is known of a panic for the spans that it unwinds through on this thread.
fn keep(panic: Panic) {
    let _ = HEARD.try_with(|heard| heard.set(true));
    let _ = LATEST.try_with(|latest| {
        if let Ok(mut latest) = latest.try_borrow_mut() {
            *latest = Some(panic);
        }
    });
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("Box<dyn Any>").to_owned()
}

/// A backtrace if the user asked the standard library for them.
fn captured_backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string())
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
        Ok(None) | Err(_) => unheard(span.trace_id()),
    }
}

impl Panic {
    /// The message, and the place if it is known.
    fn said(&self) -> String {
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

/// The panics recorded last, in any thread: a panic that is resumed on another thread (`rayon::join`, a task's
/// `JoinError`) does not reach the hook there.
static RECENT: ForkMutex<VecDeque<(TraceId, String)>> = ForkMutex::new(VecDeque::new());
/// Large enough that a burst of panics elsewhere does not push out a panic that is still carried to
/// another thread.
const RECENT_PANICS: usize = 128;

fn remember(trace: TraceId, message: &str) {
    let Some(mut recent) = RECENT.lock() else {
        return;
    };
    if recent.len() == RECENT_PANICS {
        recent.pop_front();
    }
    recent.push_back((trace, message.to_owned()));
}

/// The data of a panic that did not reach our hook. Either it was resumed on this thread, and is recorded on a
/// span of its trace; or `resume_unwind` was called without a panic; or the hook was replaced, and ours is
/// installed again at the next span.
fn unheard(trace: TraceId) -> PanicRecord {
    if let Some(message) = carried_over(trace) {
        return PanicRecord {
            message,
            event_attributes: None,
        };
    }
    LISTENING.store(false, Ordering::SeqCst);
    panic_hook::note_replaced();
    let message = "a panic whose message did not reach the panic hook of `traced`";
    // For the spans around this one.
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
