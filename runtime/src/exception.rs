//! The signals by which exceptions are recorded: an event of the span, a log record, or both.
//!
//! Specification: OpenTelemetry semantic conventions, *Exceptions*, and its variable
//! `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`.

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

#[cfg(feature = "logs")]
pub use channel::Exceptions;
#[cfg(feature = "logs")]
pub(crate) use channel::{Sink, set_channel};

/// The origin of an exception, which decides the severity of its log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExceptionOrigin {
    /// [`record_error`](crate::record_error): the program handled it.
    Recorded,
    /// An `Err` that left a function.
    Returned,
    /// A panic, which the panic hook has printed.
    Panicked,
}

/// Records an exception of the span of `context`, which is a recording span.
pub(crate) fn record(context: &Context, origin: ExceptionOrigin, attributes: Vec<KeyValue>) {
    #[cfg(feature = "logs")]
    let attributes = match channel::offer(context, origin, attributes) {
        Some(attributes) => attributes,
        None => return,
    };
    #[cfg(not(feature = "logs"))]
    let _ = origin;
    context.span().add_event("exception", attributes);
}

/// Whether exceptions are recorded as span events alone.
pub(crate) fn are_only_events() -> bool {
    #[cfg(feature = "logs")]
    return channel::are_only_events();
    #[cfg(not(feature = "logs"))]
    true
}

/// Records a panic outside of any span; called by the panic hook.
pub(crate) fn panicked_outside(attributes: impl FnOnce() -> Vec<KeyValue>) {
    #[cfg(feature = "logs")]
    channel::panicked_outside(attributes);
    #[cfg(not(feature = "logs"))]
    drop(attributes);
}

#[cfg(feature = "logs")]
mod channel {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU8, Ordering};
    use std::sync::{Arc, PoisonError, RwLock, mpsc};
    use std::time::Duration;

    use opentelemetry::trace::TraceContextExt;
    use opentelemetry::{Context, KeyValue};

    use super::ExceptionOrigin;
    use crate::current_context;
    use crate::thread::spawn_thread;

    /// The signals of exceptions: of errors that leave a function, of panics, and of errors that
    /// [`record_error`](crate::record_error) is called with.
    ///
    /// Specification: OpenTelemetry semantic conventions, *Exceptions*.
    ///
    /// ```
    /// use traced::logs::Exceptions;
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().exceptions(Exceptions::Logs));
    /// # drop(builder);
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Exceptions {
        /// Events of their spans.
        #[default]
        SpanEvents,
        /// Log records instead: `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs`.
        Logs,
        /// As events and as log records, for a migration from one to the other:
        /// `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs/dup`.
        Both,
    }

    /// Makes a log record of an exception of the span of the context.
    pub(crate) type Sink = Arc<dyn Fn(&Context, ExceptionOrigin, Vec<KeyValue>) + Send + Sync>;

    /// Read before `SINK`, so that no lock is taken unless log records are configured.
    static CHANNEL: AtomicU8 = AtomicU8::new(Exceptions::SpanEvents as u8);
    static SINK: RwLock<Option<Sink>> = RwLock::new(None);

    pub(crate) fn set_channel(channel: Exceptions, sink: Option<Sink>) {
        let replaced = {
            let mut current = SINK.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, sink)
        };
        CHANNEL.store(channel as u8, Ordering::Release);
        // Dropped after the lock, as it may hold the last logger of a provider, whose drop flushes.
        drop(replaced);
    }

    pub(super) fn are_only_events() -> bool {
        CHANNEL.load(Ordering::Acquire) == Exceptions::SpanEvents as u8
    }

    fn sink() -> Option<Sink> {
        if are_only_events() {
            return None;
        }
        SINK.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes the log record, if log records are configured; returns the attributes if an event is to be recorded
    /// too.
    pub(super) fn offer(
        context: &Context,
        origin: ExceptionOrigin,
        attributes: Vec<KeyValue>,
    ) -> Option<Vec<KeyValue>> {
        let Some(sink) = sink() else {
            return Some(attributes);
        };
        if CHANNEL.load(Ordering::Relaxed) == Exceptions::Both as u8 {
            sink(context, origin, attributes.clone());
            return Some(attributes);
        }
        sink(context, origin, attributes);
        None
    }

    pub(super) fn panicked_outside(attributes: impl FnOnce() -> Vec<KeyValue>) {
        let Some(sink) = sink() else { return };
        let context = current_context::current();
        // Telemetry of exporters is suppressed, and the panic of a span is recorded by the span.
        let is_ours = context.is_telemetry_suppressed() || context.has_active_span();
        if !is_ours && !REPORTING.try_with(Cell::get).unwrap_or(true) {
            report(sink, attributes());
        }
    }

    thread_local! {
        /// Whether this thread reports a panic; a panic of its own must not be reported, or there would be no end.
        static REPORTING: Cell<bool> = const { Cell::new(false) };
    }

    /// The longest time that a panicking thread waits for its report: the sink may wait for a lock that this
    /// thread holds.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Runs the sink on a thread of its own, as it may panic, and a panic within the panic hook aborts the
    /// program. Waits for it, as the program may be about to end.
    fn report(sink: Sink, attributes: Vec<KeyValue>) {
        let (done, is_done) = mpsc::channel::<()>();
        let reporter = spawn_thread("traced-panic", move || {
            REPORTING.set(true);
            sink(&Context::new(), ExceptionOrigin::Panicked, attributes);
            drop(done);
        });
        if reporter.is_ok() {
            // The reporter has finished when the sender is dropped.
            let _ = is_done.recv_timeout(PATIENCE);
        }
    }
}
