//! Collects the spans of a process, and writes its page (feature `init`).
//!
//! [`Pages`] observes the start and the end of spans. It keeps ended spans as JSON, up to a limit, and open spans as
//! they started, because a panic may end the process, and the page should show what ran then. The file
//! is written at a flush, at the end, and at a panic. It is replaced in one step, so it is complete at any time.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, Weak};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::trace::{Event, SpanId, Status, TraceContextExt as _, TraceId};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::content::Content;
use super::file::{self, Target};
use super::items::Items;
use super::{Reason, json};
use crate::current_context;
use crate::fork::ForkMutex;
use crate::recorder::{Observer, Record};
use crate::redaction::{MASK, Redaction};
use crate::self_log::{self, Level};
use crate::thread::spawn_thread;

/// The greatest number of open spans that are kept; others are in the page only after they have ended.
const MOST_OPEN: usize = 65_536;

/// How often a panic writes the page, as a program may survive many panics.
const BETWEEN_PANICS: Duration = Duration::from_secs(1);

/// Applies the limits for exported spans.
type Finish = Arc<dyn Fn(&mut SpanData) + Send + Sync>;

/// Keeps the spans of a process, and writes its page.
#[derive(Clone)]
pub(crate) struct Pages {
    shared: Arc<Shared>,
}

struct Shared {
    target: Target,
    /// For open spans, as ended spans have passed the limits already.
    finish: Finish,
    redaction: Option<Redaction>,
    state: ForkMutex<State>,
    /// Held while the file is written, so that an older page never replaces a newer one.
    writing: ForkMutex<()>,
    process: u32,
}

#[derive(Default)]
struct State {
    /// Attributes of the resource, as JSON.
    resource: String,
    service: String,
    spans: Items,
    records: Items,
    open: HashMap<(TraceId, SpanId), Arc<SpanData>>,
    /// The last panic.
    panic: Option<String>,
    panicked_at: Option<Instant>,
    /// The trace of that panic. The page is written again when all spans of the trace have ended.
    watched: Option<TraceId>,
    is_written: bool,
    is_closed: bool,
}

/// The pages of the process, for the panic hook.
static INSTALLED: ForkMutex<Vec<Weak<Shared>>> = ForkMutex::new(Vec::new());
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

impl Pages {
    /// Registers for panics.
    ///
    /// Ended spans are already redacted. `redaction` is for spans that the SDK's provider has just started,
    /// and for panic messages.
    pub(crate) fn new(target: Target, finish: Finish, redaction: Option<Redaction>) -> Self {
        let shared = Arc::new(Shared {
            target,
            finish,
            redaction,
            state: ForkMutex::new(State::default()),
            writing: ForkMutex::new(()),
            process: std::process::id(),
        });
        if let Some(mut installed) = INSTALLED.lock() {
            installed.retain(|pages| pages.strong_count() > 0);
            installed.push(Arc::downgrade(&shared));
            IS_INSTALLED.store(true, Ordering::Release);
        }
        static WATCHED: Once = Once::new();
        WATCHED.call_once(|| crate::panic::watch(panicked));
        Pages { shared }
    }

    /// Sets the resource of all spans.
    pub(crate) fn describe(&self, resource: &Resource) {
        if let Some(mut state) = self.shared.state.lock() {
            let attributes: Vec<KeyValue> = resource
                .iter()
                .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
                .collect();
            state.resource = json::attributes(&attributes);
            let service = resource.get(&Key::from_static_str("service.name"));
            state.service = service.map(|name| name.to_string()).unwrap_or_default();
        }
    }

    fn started(&self, span: SpanData) {
        let span = Arc::new(span);
        if let Some(mut state) = self.shared.state.lock() {
            if state.open.len() < MOST_OPEN && !state.is_closed {
                state.open.insert(key_of(&span), span);
            }
        }
    }

    fn ended(&self, span: &SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let json: Arc<str> = json::span(span, true).into();
        let Some(mut state) = self.shared.state.lock() else {
            return;
        };
        if state.is_closed {
            return;
        }
        state.open.remove(&key_of(span));
        state.spans.push(&span.instrumentation_scope, json);
        state.is_written = false;
        let trace = span.span_context.trace_id();
        let is_unwound =
            state.watched == Some(trace) && !state.open.keys().any(|(of, _)| *of == trace);
        if !is_unwound {
            return;
        }
        state.watched = None;
        let panic = state.panic.clone().unwrap_or_default();
        drop(state);
        self.shared.write_or_report(&Reason::Panic(panic));
    }

    /// Adds a log record, as JSON whose texts are not escaped for HTML.
    #[cfg(feature = "logs")]
    pub(crate) fn record(&self, scope: &opentelemetry::InstrumentationScope, json: &str) {
        let json: Arc<str> = json::made_safe(json).into();
        if let Some(mut state) = self.shared.state.lock() {
            if !state.is_closed {
                state.records.push(scope, json);
                state.is_written = false;
            }
        }
    }

    fn flush(&self, reason: &Reason) -> OTelSdkResult {
        self.shared.write_or_report(reason);
        Ok(())
    }

    fn shut_down(&self) -> OTelSdkResult {
        let written = self.shared.write(&Reason::End);
        if let Some(mut state) = self.shared.state.lock() {
            state.is_closed = true;
        }
        match written {
            Ok(Some(path)) => {
                self_log::once(
                    Level::Info,
                    "html",
                    format_args!("the traces of this process are in {}", path.display()),
                );
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                self.shared.report_failure(&error);
                Err(OTelSdkError::InternalFailure(error.to_string()))
            }
        }
    }
}

impl Shared {
    fn write_or_report(&self, reason: &Reason) {
        if let Err(error) = self.write(reason) {
            self.report_failure(&error);
        }
    }

    fn report_failure(&self, error: &io::Error) {
        self_log::once(
            Level::Warn,
            "html.write",
            format_args!(
                "cannot write the page of traces to {}: {error}",
                self.target.path().display()
            ),
        );
    }

    /// Writes the page and returns its path; `None` in a forked child, whose parent writes it.
    fn write(&self, reason: &Reason) -> io::Result<Option<PathBuf>> {
        if std::process::id() != self.process {
            return Ok(None);
        }
        let Some(_writing) = self.writing.lock() else {
            return Ok(None);
        };
        let Some(mut state) = self.state.lock() else {
            return Ok(None);
        };
        let path = self.target.of_process(&state.service, self.process);
        let is_news = !state.is_written || !matches!(reason, Reason::Flush | Reason::End);
        if !is_news {
            return Ok(Some(path));
        }
        // If the page is written again, the panic stays at its top.
        let reason = match (reason, &state.panic) {
            (Reason::Flush | Reason::End, Some(panic)) => Reason::Panic(panic.clone()),
            _ => reason.clone(),
        };
        // Before the write, as spans that end during it are not in this page.
        state.is_written = true;
        // The lock is held only while references are copied, as every start and end of a span waits for it.
        let content = Content {
            reason,
            resource: state.resource.clone(),
            spans: state.spans.clone(),
            records: state.records.clone(),
            open: state.open.values().cloned().collect(),
        };
        drop(state);
        let page = content.page(&*self.finish);
        let written = page.and_then(|page| file::replace(&path, &page));
        if written.is_err() {
            // The next flush tries again.
            if let Some(mut state) = self.state.lock() {
                state.is_written = false;
            }
        }
        written.map(|()| Some(path))
    }

    /// Notes a panic and writes the page, as open spans may never end.
    fn panicked(&self, said: &str, event: &[KeyValue]) {
        let current = current_context::current();
        let current = current.span().span_context().clone();
        let Some(mut state) = self.state.lock() else {
            return;
        };
        if state.is_closed {
            return;
        }
        let key = (current.trace_id(), current.span_id());
        if let Some(span) = state.open.get_mut(&key) {
            let span = Arc::make_mut(span);
            span.status = Status::error(said.to_owned());
            span.attributes.push(KeyValue::new("error.type", "panic"));
            let event = Event::new("exception", SystemTime::now(), event.to_vec(), 0);
            span.events.events.push(event);
            state.watched = Some(current.trace_id());
        }
        state.panic = Some(said.to_owned());
        let now = Instant::now();
        let is_soon = state
            .panicked_at
            .is_some_and(|last| now.duration_since(last) < BETWEEN_PANICS);
        state.is_written = false;
        if is_soon {
            return;
        }
        state.panicked_at = Some(now);
        drop(state);
        self.write_or_report(&Reason::Panic(said.to_owned()));
    }
}

/// Called by the panic hook: writes the pages of the process, as the panic may end it.
fn panicked(said: &str, event: &dyn Fn() -> Vec<KeyValue>) {
    if !IS_INSTALLED.load(Ordering::Acquire) {
        return;
    }
    let Some(installed) = INSTALLED.lock() else {
        return;
    };
    let installed: Vec<Arc<Shared>> = installed.iter().filter_map(Weak::upgrade).collect();
    if installed.is_empty() {
        return;
    }
    let event = event();
    for pages in installed {
        match &pages.redaction {
            None => pages.panicked(said, &event),
            Some(redaction) => {
                let (said, event) = redacted_apart(redaction, said.to_owned(), event.clone());
                pages.panicked(&said, &event);
            }
        }
    }
}

/// The longest time that a panicking thread waits for the redaction, which may need a lock that this thread holds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Redacts the message and the event of a panic on another thread, as a panic of the redaction hook within the panic
/// hook would abort the program. If that thread does not finish in time, all values are masked.
fn redacted_apart(
    redaction: &Redaction,
    said: String,
    event: Vec<KeyValue>,
) -> (String, Vec<KeyValue>) {
    let masked: Vec<KeyValue> = event
        .iter()
        .map(|attribute| KeyValue::new(attribute.key.clone(), MASK))
        .collect();
    let (result, is_done) = std::sync::mpsc::sync_channel(1);
    let redaction = redaction.clone();
    let thread = spawn_thread("traced-panic", move || {
        let (mut said, mut event) = (said, event);
        if let Some(redacted) = redaction.text("exception.message", &said) {
            said = redacted;
        }
        redaction.attributes(&mut event);
        let _ = result.send((said, event));
    });
    let redacted = thread
        .ok()
        .and_then(|_| is_done.recv_timeout(PATIENCE).ok());
    redacted.unwrap_or_else(|| (MASK.to_owned(), masked))
}

fn key_of(span: &SpanData) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), span.span_context.span_id())
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("target", &self.shared.target)
            .finish_non_exhaustive()
    }
}

impl SpanProcessor for Pages {
    fn on_start(&self, span: &mut Span, _: &Context) {
        use opentelemetry::trace::Span as _;

        if span.span_context().is_sampled() {
            if let Some(mut data) = span.exported_data() {
                if let Some(redaction) = &self.shared.redaction {
                    redaction.data(&mut data);
                }
                self.started(data);
            }
        }
    }

    fn on_end(&self, span: SpanData) {
        self.ended(&span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush(&Reason::Flush)
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.shut_down()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.describe(resource);
    }
}

impl Observer for Pages {
    fn started(&self, span: &mut Record, _: &Context) {
        if span.span_context().is_sampled() {
            self.started(span.to_data());
        }
    }

    fn ended(&self, span: SpanData) {
        self.ended(&span);
    }

    fn flush(&self) -> OTelSdkResult {
        self.flush(&Reason::Flush)
    }

    fn shutdown(&self, _: Duration) -> OTelSdkResult {
        self.shut_down()
    }
}

#[cfg(test)]
mod tests;
