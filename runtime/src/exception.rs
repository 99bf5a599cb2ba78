//! Which signal an exception goes to: an event of its span, a log record, or both.
//!
//! Specification: OpenTelemetry semantic conventions, *Exceptions*, and its variable
//! `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`.

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

#[cfg(feature = "logs")]
pub use channel::Exceptions;
#[cfg(feature = "logs")]
pub(crate) use channel::{Sink, set_channel};

/// How it came about, which only a log record says: by its severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The program dealt with it, and said so.
    Recorded,
    /// It left a function.
    Returned,
    /// It is a panic, which the panic hook has printed.
    Panicked,
}

/// Records an exception that belongs to the span of `context`, which records.
pub(crate) fn record(context: &Context, origin: Origin, attributes: Vec<KeyValue>) {
    #[cfg(feature = "logs")]
    let attributes = match channel::offer(context, origin, attributes) {
        Some(attributes) => attributes,
        None => return,
    };
    #[cfg(not(feature = "logs"))]
    let _ = origin;
    context.span().add_event("exception", attributes);
}

/// Takes note of a panic where no span is current, from within the hook.
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

    use super::Origin;
    use crate::current_context;
    use crate::thread::spawn_thread;

    /// Where exceptions go: errors that leave a function, panics, and what
    /// [`record_error`](crate::record_error) is given.
    ///
    /// Specification: OpenTelemetry semantic conventions, *Exceptions*.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Exceptions {
        /// Events of their spans.
        #[default]
        SpanEvents,
        /// Log records instead: `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs`.
        Logs,
        /// Both, until those who look at one look at the other:
        /// `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs/dup`.
        Both,
    }

    /// Makes a log record of an exception; the context holds its span.
    pub(crate) type Sink = Arc<dyn Fn(&Context, Origin, Vec<KeyValue>) + Send + Sync>;

    /// All that is looked at while nobody asked for log records.
    static CHANNEL: AtomicU8 = AtomicU8::new(Exceptions::SpanEvents as u8);
    static SINK: RwLock<Option<Sink>> = RwLock::new(None);

    pub(crate) fn set_channel(channel: Exceptions, sink: Option<Sink>) {
        let replaced = {
            let mut current = SINK.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, sink)
        };
        CHANNEL.store(channel as u8, Ordering::Release);
        // It may hold the last logger of a provider, whose drop flushes: after the lock.
        drop(replaced);
    }

    fn sink() -> Option<Sink> {
        if CHANNEL.load(Ordering::Acquire) == Exceptions::SpanEvents as u8 {
            return None;
        }
        SINK.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives back what is to be an event of the span.
    pub(super) fn offer(
        context: &Context,
        origin: Origin,
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
        // What the exporter does has no telemetry; and a span records its panic itself.
        let is_ours = context.is_telemetry_suppressed() || context.has_active_span();
        if !is_ours && !REPORTING.try_with(Cell::get).unwrap_or(true) {
            report(sink, attributes());
        }
    }

    thread_local! {
        /// Whether this thread reports a panic: one of its own would be reported for ever.
        static REPORTING: Cell<bool> = const { Cell::new(false) };
    }

    /// How long a panicking thread waits for its report: what takes it may want a lock that this
    /// very thread holds.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// On a thread of its own, as a panic within the panic hook aborts the program, and whoever
    /// takes records may panic. It is waited for, as the program may be about to end.
    fn report(sink: Sink, attributes: Vec<KeyValue>) {
        let (done, is_done) = mpsc::channel::<()>();
        let reporter = spawn_thread("traced-panic", move || {
            REPORTING.set(true);
            sink(&Context::new(), Origin::Panicked, attributes);
            drop(done);
        });
        if reporter.is_ok() {
            // It is done when the sender is gone.
            let _ = is_done.recv_timeout(PATIENCE);
        }
    }
}
