//! Prints every finished trace as a tree on the terminal (feature `console`).
//!
//! [`ConsoleProcessor`] is a span processor for the OpenTelemetry SDK. It gathers the
//! spans of a trace from their start and prints them together when the last one that
//! this process started has ended:
//!
//! ```text
//! ✗ POST /orders · 182ms · 5 spans · 2 errors · shop · 4bf92f3577b34da6a3ce929d0e0e4736
//! POST /orders server ✗      160ms  █████████████████████████████████████████████████▎
//! │ http.request.method=POST http.route=/orders
//! │ ✗ 402 Payment Required
//! ├─ load_cart              29.0ms  █████████▎
//! │  └─ SELECT carts client 24.0ms   ███████▋
//! │       db.system.name=postgresql
//! ├─ charge ✗               80.0ms           ▐████████████████████████▌
//! │    ✗ PaymentError: card declined +79.0ms
//! │      Caused by: insufficient funds
//! └─ send_receipt ↗         69.0ms                                    ▐█████████████████████
//! ```
//!
//! * A kind other than internal stands behind the name; all bars share one time axis.
//! * `↗` marks spawned work: a span that outlived its parent or ran on another thread.
//! * `⇢` is a link, `•` an event, `✗` an error, `↤` a parent that is not in this tree.
//! * If the local root ends while spawned spans still run, the tree waits a moment for
//!   them ([`grace`](ConsoleProcessorBuilder::grace)), then shows them as `running`.
//!   When they end, they are printed as `late`, with the name of their parent.
//! * A trace that does not finish is printed with the mark `… unfinished` when it is too
//!   old, when there are too many, and on `force_flush` and `shutdown`.
//!
//! Text that comes from spans is escaped, so that no name can drive the terminal; white space in values
//! (the line breaks of SQL) is one space.
//!
//! # Streams
//!
//! A tree is written in one piece. What is printed on standard error or standard output is handed to a
//! thread, one for each stream, so that a span never waits for a stream that is locked, stopped, or a pipe
//! that nobody reads: it waits for 50 ms at most, and not again before all that waits is written. Four
//! megabytes may wait; what does not fit is left out, and a line on standard error says how much. A flush and
//! a shutdown wait for what was printed before, until their deadline.
//!
//! A line that your program has begun with `print!` and not ended is not ours to end: a tree may follow it.
//!
//! In a test, libtest captures what goes through `print!` on the thread of a test and on those that it
//! starts. A processor that is built on the thread of a test therefore prints in this way, on the thread that
//! ends the span. Not captured is what a thread of ours prints (traces that wait for spawned spans, or grow
//! too old, and what the guard of `init` prints at the end), what a
//! processor prints that was built elsewhere, and everything with `--test-threads=1`.

mod builder;
mod collect;
mod details;
mod names;
mod output;
mod render;
#[cfg(test)]
mod samples;
mod style;
mod terminal;
mod text;
mod time;
mod tree;

use std::fmt;
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

pub use self::builder::{ColorChoice, ConsoleProcessorBuilder};
use self::collect::{Batch, Collector, Limits};
use self::output::Output;
use self::terminal::Look;
use crate::fork::ForkMutex;
use crate::thread::spawn_thread;

/// Whether lines on stderr are to be coloured.
#[cfg(feature = "logs")]
pub(crate) fn stderr_wants_color() -> bool {
    let stderr = terminal::Target::Stream(crate::printer::Stream::Stderr);
    Look::of(&stderr, ColorChoice::Auto, None).color
}

/// A flush has no time limit of its own in the SDK; a terminal that was stopped must
/// not stop the program for longer than this.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Prints finished traces as trees.
///
/// Spans that are recorded but not sampled are left out, as exporters do. Nothing is
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
    /// A processor that prints to standard error, with the defaults of
    /// [`builder`](Self::builder).
    ///
    /// ```
    /// let processor = traced::console::ConsoleProcessor::new();
    /// # drop(processor);
    /// ```
    #[must_use = "a processor prints nothing until a provider has it"]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// The settings, to change some of them.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().width(80).build();
    /// # drop(processor);
    /// ```
    pub fn builder() -> ConsoleProcessorBuilder {
        ConsoleProcessorBuilder::new()
    }

    fn start(output: Output, look: Look, limits: Limits) -> Self {
        let shared = Arc::new(Shared {
            state: ForkMutex::new(State {
                collector: Collector::new(limits),
                closed: false,
            }),
            earlier: Condvar::new(),
            output,
            look,
            limits,
        });
        let timer = Arc::clone(&shared);
        // Where there are no threads, traces that do not finish wait for a flush.
        let _ = spawn_thread("traced-console", move || timer.watch());
        ConsoleProcessor { shared }
    }
}

impl Default for ConsoleProcessor {
    fn default() -> Self {
        ConsoleProcessor::new()
    }
}

impl fmt::Debug for ConsoleProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleProcessor")
            .field("limits", &self.shared.limits)
            .field("look", &self.shared.look)
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
        // A copy, because a span that never ends is printed from what is known here.
        if let Some(data) = span.exported_data() {
            self.shared.started(data);
        }
    }

    fn on_end(&self, span: SpanData) {
        self.shared.ended(span);
    }

    /// Prints everything there is; what still runs is marked.
    fn force_flush(&self) -> OTelSdkResult {
        self.shared.print_all(Collector::flush);
        self.shared.written_within(FLUSH_TIMEOUT)
    }

    /// Prints everything there is, and nothing from then on.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.shared.close();
        self.shared.written_within(timeout)
    }
}

/// The same beside our own provider.
#[cfg(feature = "init")]
impl crate::recorder::Observer for ConsoleProcessor {
    fn started(&self, span: &mut crate::recorder::Record, _: &Context) {
        if span.span_context().is_sampled() {
            self.shared.started(span.to_data());
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

/// What the processor and its timer have in common.
struct Shared {
    state: ForkMutex<State>,
    /// The timer sleeps too long, or for ever: look again.
    earlier: Condvar,
    output: Output,
    look: Look,
    limits: Limits,
}

struct State {
    collector: Collector,
    closed: bool,
}

impl Shared {
    fn started(&self, span: SpanData) {
        self.print_all(|collector, now| collector.start(span, now));
    }

    fn ended(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.print_all(|collector, now| collector.end(span, now));
        }
    }

    /// Changes the collector under the lock, and prints what it gives without.
    fn print_all<B>(&self, change: impl FnOnce(&mut Collector, Instant) -> B)
    where
        B: IntoIterator<Item = Batch>,
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

    /// Under one lock, so that no span slips in between the last print and the end.
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

    fn print(&self, batch: &Batch) {
        let columns = self.look.gauge.columns();
        let text = render::render(batch, columns, self.look.color);
        self.output.print(text);
    }

    /// The timer: sleeps until something is due, and prints it.
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

    /// How long nothing can be due. Nobody wakes the timer for a new trace, because none
    /// gets too old before this has passed.
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

    /// `None` in a forked child where another thread held the lock: nothing is printed.
    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        self.state.lock()
    }
}
