//! The layer and the logger that pass records of `tracing` and `log` to the logger provider.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_appender_log::OpenTelemetryLogBridge;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::late::{LateLogger, LateProvider};

/// Exports the events of `tracing`: see [`layer`](super::layer).
pub struct Layer {
    bridge: OpenTelemetryTracingBridge<LateProvider, LateLogger>,
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer").finish_non_exhaustive()
    }
}

/// Whether some subscriber has a layer of ours.
static IS_IN_USE: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether the current record was exported already: a logger may pass it on to `tracing` and our layer.
    static IS_EXPORTED: Cell<bool> = const { Cell::new(false) };
    /// Whether a logger of ours was called since this was last reset.
    static WAS_CALLED: Cell<bool> = const { Cell::new(false) };
}

impl Layer {
    pub(super) fn new() -> Self {
        Layer {
            bridge: OpenTelemetryTracingBridge::new(&LateProvider),
        }
    }

    pub(super) fn is_in_use() -> bool {
        IS_IN_USE.load(Ordering::Relaxed)
    }
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_layer(&mut self, _: &mut S) {
        IS_IN_USE.store(true, Ordering::Relaxed);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !IS_EXPORTED.get() {
            self.bridge.on_event(event, context);
        }
    }
}

/// A logger for `log` that exports the records for which another logger is enabled: see
/// [`logger`](super::logger).
pub struct Logger<L> {
    inner: L,
    bridge: OpenTelemetryLogBridge<LateProvider, LateLogger>,
}

impl<L: std::fmt::Debug> std::fmt::Debug for Logger<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Logger");
        debug.field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<L> Logger<L> {
    pub(super) fn new(inner: L) -> Self {
        Logger {
            inner,
            bridge: OpenTelemetryLogBridge::new(&LateProvider),
        }
    }
}

impl Logger<()> {
    /// Whether `call` reaches a logger of ours.
    pub(super) fn is_reached_by(call: impl FnOnce()) -> bool {
        WAS_CALLED.set(false);
        call();
        WAS_CALLED.get()
    }
}

impl<L: log::Log> log::Log for Logger<L> {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        WAS_CALLED.set(true);
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.inner.enabled(record.metadata()) {
            return;
        }
        self.bridge.log(record);
        without_export(|| self.inner.log(record));
    }

    fn flush(&self) {
        self.inner.flush();
    }
}

/// Runs `f`, whose records are not exported, as they were exported already.
pub(super) fn without_export(f: impl FnOnce()) {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            IS_EXPORTED.set(self.0);
        }
    }
    let _restored = Restored(IS_EXPORTED.replace(true));
    f();
}
