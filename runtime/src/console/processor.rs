//! The span processor that prints trees, and its timer.

use std::fmt;
use std::sync::{Arc, Condvar, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::collect::{Collector, Started, TraceBatch, TraceLimits};
use super::output::Output;
use super::render::{render, service_of};
use super::terminal::OutputStyle;
use crate::fork::ForkMutex;
use crate::thread::spawn_thread;

/// The time limit of a flush, as the SDK has none: a stopped terminal must not block the program for longer.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Prints finished traces as trees.
///
/// Spans that are recorded but not sampled are not printed. Nothing is
/// printed after `shutdown`. The processor runs one thread of its own, which sleeps
/// until a trace has waited long enough, and ends with the processor.
///
/// # Panics
///
/// Never: if that thread cannot be started, traces that do not finish wait for the
/// next flush, and errors of the writer are ignored.
///
/// ```
/// use opentelemetry::trace::{Tracer, TracerProvider};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use traced::console::ConsoleProcessor;
///
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(ConsoleProcessor::new())
///     .build();
/// provider.tracer("shop").in_span("load_cart", |_| {});
/// ```
pub struct ConsoleProcessor {
    shared: Arc<Shared>,
}

impl ConsoleProcessor {
    pub(super) fn start(output: Output, style: OutputStyle, limits: TraceLimits) -> Self {
        let shared = Arc::new(Shared {
            state: ForkMutex::new(State {
                collector: Collector::new(limits),
                closed: false,
            }),
            earlier: Condvar::new(),
            service: OnceLock::new(),
            output,
            style,
            limits,
        });
        let timer = Arc::clone(&shared);
        // On platforms without threads, unfinished traces wait for a flush.
        let _ = spawn_thread("traced-console", move || timer.watch());
        ConsoleProcessor { shared }
    }

    /// Takes the service of all spans, which each tree names.
    pub(crate) fn describe(&self, resource: &Resource) {
        if let Some(service) = service_of(resource) {
            let _ = self.shared.service.set(service);
        }
    }
}

impl fmt::Debug for ConsoleProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleProcessor")
            .field("limits", &self.shared.limits)
            .field("style", &self.shared.style)
            .finish_non_exhaustive()
    }
}

impl Drop for ConsoleProcessor {
    fn drop(&mut self) {
        let _ = self.shutdown();
    }
}

impl SpanProcessor for ConsoleProcessor {
    fn on_start(&self, span: &mut Span, _cx: &Context) {
        if !span.span_context().is_sampled() {
            return;
        }
        // A copy, because a span that does not end is printed with the data of its start.
        if let Some(data) = span.exported_data() {
            self.shared.started(data);
        }
    }

    fn on_end(&self, span: SpanData) {
        self.shared.ended(span);
    }

    /// Prints all traces; spans that still run are marked.
    fn force_flush(&self) -> OTelSdkResult {
        self.shared.print_all(Collector::flush);
        self.shared.written_within(FLUSH_TIMEOUT)
    }

    /// Prints all traces, and nothing from then on.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.shared.close();
        self.shared.written_within(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.describe(resource);
    }
}

/// The processor as an observer of our own provider.
#[cfg(feature = "init")]
impl crate::recorder::Observer for ConsoleProcessor {
    fn started(&self, span: &mut crate::recorder::Record, _: &Context) {
        if span.span_context().is_sampled() {
            self.shared.started(Started {
                data: span.to_data(),
                site: span.call_site(),
            });
        }
    }

    fn ended(&self, span: SpanData) {
        self.shared.ended(span);
    }

    fn flush(&self) -> OTelSdkResult {
        self.force_flush()
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.shutdown_with_timeout(timeout)
    }
}

/// The state that the processor shares with its timer.
struct Shared {
    state: ForkMutex<State>,
    /// Wakes the timer, which would otherwise sleep for too long.
    earlier: Condvar,
    /// Name and version of the service, if it has a name.
    service: OnceLock<String>,
    output: Output,
    style: OutputStyle,
    limits: TraceLimits,
}

struct State {
    collector: Collector,
    closed: bool,
}

impl Shared {
    fn started(&self, span: impl Into<Started>) {
        self.print_all(|collector, now| collector.start(span, now));
    }

    fn ended(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.print_all(|collector, now| collector.end(span, now));
        }
    }

    /// Changes the collector under the lock, and prints the returned traces without it.
    fn print_all<B>(&self, change: impl FnOnce(&mut Collector, Instant) -> B)
    where
        B: IntoIterator<Item = TraceBatch>,
    {
        let Some(mut state) = self.lock() else {
            return;
        };
        if state.closed {
            return;
        }
        let before = state.collector.graces();
        let batches = change(&mut state.collector, Instant::now());
        let has_new_grace = state.collector.graces() != before;
        drop(state);
        if has_new_grace {
            self.earlier.notify_one();
        }
        for batch in batches {
            self.print(&batch);
        }
    }

    /// Flushes and closes the collector under one lock, so that no span is added in between and never printed.
    fn close(&self) {
        let Some(mut state) = self.lock() else {
            return;
        };
        if state.closed {
            return;
        }
        let batches = state.collector.flush(Instant::now());
        state.closed = true;
        drop(state);
        self.earlier.notify_all();
        batches.iter().for_each(|batch| self.print(batch));
    }

    fn print(&self, batch: &TraceBatch) {
        let columns = self.style.width.columns();
        let service = self.service.get().map(String::as_str);
        let text = render(batch, service, columns, self.style.color);
        self.output.print(text);
    }

    /// Runs on the timer's thread: sleeps until something is due, and prints it.
    fn watch(&self) {
        let Some(mut state) = self.lock() else {
            return;
        };
        while !state.closed {
            let now = Instant::now();
            let due = state.collector.due(now);
            if due.is_empty() {
                let pause = self.pause(&state.collector, now);
                let woken = self.earlier.wait_timeout(state, pause);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                drop(state);
                due.iter().for_each(|batch| self.print(batch));
                let Some(locked) = self.lock() else {
                    return;
                };
                state = locked;
            }
        }
    }

    /// How long nothing can be due. A new trace does not wake the timer, as it cannot become
    /// too old within this time.
    fn pause(&self, collector: &Collector, now: Instant) -> Duration {
        let next = collector.next_due();
        let next = next.map(|at| at.saturating_duration_since(now));
        next.map_or(self.limits.age, |next| next.min(self.limits.age))
    }

    fn written_within(&self, timeout: Duration) -> OTelSdkResult {
        if self.output.flush(timeout) {
            Ok(())
        } else {
            Err(OTelSdkError::Timeout(timeout))
        }
    }

    /// `None` in a forked child if another thread of the parent held the lock: nothing is printed then.
    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        self.state.lock()
    }
}
