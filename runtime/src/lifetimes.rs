//! Finds spans whose lifetime shows a mistake: a span that stays open for long without an open ancestor, and spans
//! that start again and again below one that has ended. Each call site is reported once (feature `init`).
//!
//! An observer of the provider keeps the open spans. It is installed if spans are observed anyway (trees, a page,
//! [`live`](fn@crate::live)) or on request: noting every start and end would cost other programs more than the
//! message is worth.

mod kind;
mod open;

use std::fmt;
use std::sync::{Arc, Condvar, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

pub use self::kind::LongLivedKind;
use self::open::{Found, OpenSpans, Started};
use crate::fork::ForkMutex;
use crate::recorder::{Observer, Record};
use crate::self_log::{self, Level};
use crate::thread::spawn_thread;

/// A call site whose spans live longer than the work that they stand for; part of the
/// [`Report`](crate::telemetry::Report).
///
/// Its `Display` says how to mend it.
///
/// ```
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// use std::time::Duration;
/// use traced::telemetry::{LongLivedKind, TelemetryBuilder};
///
/// let builder = TelemetryBuilder::default().no_exporter();
/// let telemetry = builder.long_open(Duration::from_millis(1)).init()?;
/// traced::span!("serve", {
///     while telemetry.report().long_lived.is_empty() {
///         std::thread::sleep(Duration::from_millis(1));
///     }
/// });
/// let report = telemetry.shutdown();
/// let serve = &report.long_lived[0];
/// assert_eq!((serve.name(), serve.kind()), ("serve", LongLivedKind::OpenForLong));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongLived {
    kind: LongLivedKind,
    name: String,
    function: Option<String>,
    location: Option<String>,
    duration: Duration,
}

impl LongLived {
    /// The kind of mistake.
    pub fn kind(&self) -> LongLivedKind {
        self.kind
    }

    /// The name of the span that was noticed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of its function, with the crate. `None` if it is not known, because the span was started through
    /// OpenTelemetry's API, or because a span processor of the program's own is installed.
    pub fn function(&self) -> Option<&str> {
        self.function.as_deref()
    }

    /// The file and line of its call site, as in `src/main.rs:12`, if its function is known.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// How long the span had been open when it was noticed, or the time from the start of the first late span to that
    /// of the last one.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    fn of(found: Found) -> Self {
        let site = found.site;
        LongLived {
            kind: found.kind,
            name: found.name.into_owned(),
            function: site.map(|site| site.function_path()),
            location: site.map(|site| {
                let location = site.location();
                format!("{}:{}", location.file(), location.line())
            }),
            duration: found.duration,
        }
    }
}

impl fmt::Display for LongLived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match (&self.function, &self.location) {
            (Some(function), Some(location)) => format!("`{function}` ({location})"),
            _ => format!("`{}`", self.name.escape_debug()),
        };
        let duration = self.duration;
        match self.kind {
            LongLivedKind::OpenForLong => write!(
                f,
                "a span of {who} has been open for {duration:.1?}: until it ends no backend shows it, and everything \
                 below it is one trace. If it lasts as long as the program does, take its attribute away, and write \
                 `#[traced(root)]` on the function that does one unit of the work; a task is spawned with \
                 `#[traced_spawn(link)]` or `#[traced_spawn(detached)]` on the statement"
            ),
            LongLivedKind::StartedLate => write!(
                f,
                "spans of {who} start again and again below a span that has ended, for {duration:.1?} so far: they \
                 are in a trace that is over. If they are work of their own, write `#[traced(root)]` on that \
                 function, or `#[traced_spawn(link)]` or `#[traced_spawn(detached)]` on the statement that spawns \
                 what calls it"
            ),
        }
    }
}

/// The greatest number of call sites that are remembered.
const MOST_FOUND: usize = 256;

static FOUND: ForkMutex<Vec<LongLived>> = ForkMutex::new(Vec::new());

/// The mistakes that were found since telemetry was initialised.
pub(crate) fn found() -> Vec<LongLived> {
    FOUND.lock().map(|found| found.clone()).unwrap_or_default()
}

/// Logs and remembers mistakes. To be called while no lock of the observer is held.
fn report(found: impl IntoIterator<Item = Found>) {
    for found in found {
        let long_lived = LongLived::of(found);
        let is_remembered = FOUND.lock().is_some_and(|mut found| {
            let has_room = found.len() < MOST_FOUND;
            if has_room {
                found.push(long_lived.clone());
            }
            has_room
        });
        if is_remembered {
            self_log::say(Level::Warn, long_lived);
        }
    }
}

/// Watches the spans of a provider, with a thread that ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Lifetimes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    open: ForkMutex<OpenSpans>,
    /// Wakes the thread when telemetry has ended.
    closed: Condvar,
}

impl Lifetimes {
    /// Starts the thread. There is one at a time. Spans that are open for `long` are reported.
    pub(crate) fn start(long: Duration) -> Self {
        if let Some(mut found) = FOUND.lock() {
            found.clear();
        }
        let shared = Arc::new(Shared {
            open: ForkMutex::new(OpenSpans::new(long)),
            closed: Condvar::new(),
        });
        let timer = Arc::clone(&shared);
        // On platforms without threads, spans that are open for long are not reported.
        let _ = spawn_thread("traced-lifetimes", move || timer.watch());
        Lifetimes(shared)
    }

    fn note(&self, span: Started) {
        let found = self.0.open.lock();
        let found = found.and_then(|mut open| open.started(span, Instant::now()));
        report(found);
    }

    fn end(&self, span: &SpanContext) {
        let gone = self.0.open.lock().and_then(|mut open| open.ended(span));
        drop(gone);
    }

    fn close(&self) {
        if let Some(mut open) = self.0.open.lock() {
            open.close();
        }
        self.0.closed.notify_all();
    }
}

impl Drop for Lifetimes {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// Runs on the thread: sleeps until a span may have been open for too long.
    fn watch(&self) {
        let Some(mut open) = self.open.lock() else {
            return;
        };
        while !open.is_closed() {
            let now = Instant::now();
            let found = open.open_for_long(now);
            if !found.is_empty() {
                drop(open);
                report(found);
                let Some(locked) = self.open.lock() else {
                    return;
                };
                open = locked;
                continue;
            }
            let pause = open.pause(now);
            let woken = self.closed.wait_timeout(open, pause);
            open = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Whether the parent is a span of this process that has ended. The span itself is asked, as a span that is not in the
/// map may belong to another provider, or may not be sampled.
fn has_ended(parent: SpanId, context: &Context) -> bool {
    let span = context.span();
    let of_parent = span.span_context();
    of_parent.span_id() == parent
        && of_parent.is_sampled()
        && !of_parent.is_remote()
        && !span.is_recording()
}

impl Observer for Lifetimes {
    fn started(&self, span: &mut Record, context: &Context) {
        if span.span_context().is_sampled() {
            self.note(Started {
                key: open::key_of(span.span_context()),
                parent: span.parent(),
                parent_has_ended: has_ended(span.parent(), context),
                name: span.name().clone(),
                site: span.call_site(),
            });
        }
    }

    fn ended(&self, span: SpanData) {
        self.end(&span.span_context);
    }

    fn shutdown(&self, _: Duration) -> OTelSdkResult {
        self.close();
        Ok(())
    }
}

impl SpanProcessor for Lifetimes {
    fn on_start(&self, span: &mut Span, context: &Context) {
        use opentelemetry::trace::Span as _;

        if !span.span_context().is_sampled() {
            return;
        }
        let Some(data) = span.exported_data() else {
            return;
        };
        self.note(Started {
            key: open::key_of(&data.span_context),
            parent: data.parent_span_id,
            parent_has_ended: has_ended(data.parent_span_id, context),
            name: data.name,
            site: None,
        });
    }

    fn on_end(&self, span: SpanData) {
        self.end(&span.span_context);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.close();
        Ok(())
    }
}
