//! The guard that `init` returns: flushes when it is dropped.

use std::sync::Arc;

use super::report::Report;
use super::running::{Running, installed};
#[cfg(all(feature = "signals", unix))]
use super::signals;

/// Keeps telemetry going; flushes it and shuts it down when dropped.
///
/// Bind it to a name in `main` (`let _telemetry = ..`; a plain `_` drops it at once): it then flushes when `main`
/// returns and when it panics. A flush waits for the collectors, but never longer than the deadline (5 seconds unless
/// the builder sets another), and it works without a runtime, inside any runtime, and after its end. Inside async code
/// it blocks the thread: a collector that runs on this very thread cannot answer until the deadline has passed.
///
/// ```
/// use traced::telemetry::TelemetryBuilder;
///
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// # let builder = TelemetryBuilder::default().no_exporter();
/// # /*
/// let builder = TelemetryBuilder::default();
/// # */
/// let telemetry = builder.init()?;
/// // ... the program ...
/// let report = telemetry.shutdown();
/// assert_eq!(report.exported + report.dropped + report.failed, report.ended);
/// println!("{report}"); // otlp grpc http://localhost:4317: 9 spans ended, 9 exported, ..
/// # Ok(())
/// # }
/// ```
///
/// Nothing is flushed when a process ends without dropping it: on `std::process::exit`, on an abort, and on a signal
/// (unless the builder enables flushing on signals). Call [`flush`] or [`shutdown`] before an exit, and for a guard in
/// a `static`, which is never dropped. The guard may be dropped anywhere, also in a destructor of a thread-local value
/// and in `atexit`.
///
/// The exporting thread does not exist in the child of a `fork`: there the inherited guard does nothing, without
/// waiting, and the child may initialise telemetry of its own.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped, so at once; bind it to a name in `main`"]
pub struct TelemetryGuard {
    /// `None` after the shutdown.
    telemetry: Option<Arc<Running>>,
}

impl TelemetryGuard {
    pub(super) fn new(telemetry: Arc<Running>) -> Self {
        TelemetryGuard {
            telemetry: Some(telemetry),
        }
    }

    /// Exports all spans that have ended, and returns the counts so far.
    ///
    /// Blocks until then, at most until the deadline; what is neither exported nor failed by then is
    /// `pending`. It does not wait for a collector that cannot be reached: an attempt that fails during a flush is the
    /// last one for its spans.
    ///
    /// ```
    /// # use traced::telemetry::TelemetryBuilder;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let telemetry = TelemetryBuilder::default().no_exporter().init()?;
    /// let report = telemetry.force_flush();
    /// if !report.is_complete() {
    ///     eprintln!("{report}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn force_flush(&self) -> Report {
        let telemetry = self.telemetry.as_ref();
        telemetry
            .map(|telemetry| telemetry.flush())
            .unwrap_or_default()
    }

    /// The counts so far, without waiting for anything.
    ///
    /// ```
    /// # use traced::telemetry::TelemetryBuilder;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let telemetry = TelemetryBuilder::default().no_exporter().init()?;
    /// let report = telemetry.report();
    /// println!("{} spans wait, {} were dropped", report.pending, report.dropped);
    /// # Ok(())
    /// # }
    /// ```
    pub fn report(&self) -> Report {
        let telemetry = self.telemetry.as_ref();
        telemetry
            .map(|telemetry| telemetry.report())
            .unwrap_or_default()
    }

    /// Exports all spans that have ended, ends telemetry, and returns the final counts.
    ///
    /// Blocks until then, at most until the deadline: then spans that wait are dropped, and spans in flight
    /// have failed. Functions that run afterwards have no spans. Losses are also reported on stderr,
    /// in one line for each exporter. If another thread ends telemetry already, this waits for it in the same way, so
    /// that the process can exit afterwards.
    ///
    /// ```
    /// # use traced::telemetry::TelemetryBuilder;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let telemetry = TelemetryBuilder::default().no_exporter().init()?;
    /// let report = telemetry.shutdown();
    /// assert_eq!(report.pending, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(mut self) -> Report {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<Report> {
        let telemetry = self.telemetry.take()?;
        if !telemetry.is_here() {
            #[cfg(all(feature = "signals", unix))]
            signals::leave_to_default_in_child();
            telemetry.abandon();
            return None;
        }
        Some(telemetry.shutdown())
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        self.end();
    }
}

/// Exports all spans that have ended, for code that does not have the [`TelemetryGuard`] at hand:
/// before `std::process::exit`, at the end of each invocation on AWS Lambda, in a panic hook.
///
/// The same as [`TelemetryGuard::force_flush`]: it blocks until then, at most until the deadline of the
/// builder (by default 5 seconds). Without telemetry, and in a child that was forked from a process
/// with telemetry, it returns an empty report at once.
///
/// ```
/// # use traced::telemetry::TelemetryBuilder;
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// # let _telemetry = TelemetryBuilder::default().no_exporter().init()?;
/// let report = traced::telemetry::flush();
/// assert_eq!(report.pending, 0);
/// # Ok(())
/// # }
/// ```
pub fn flush() -> Report {
    let telemetry = installed::get();
    telemetry
        .map(|telemetry| telemetry.flush())
        .unwrap_or_default()
}

/// Exports all spans that have ended and ends telemetry, for code that does not have the [`TelemetryGuard`] at
/// hand, such as a guard in a `static`, which is never dropped.
///
/// The same as [`TelemetryGuard::shutdown`], with the same deadline; the guard does nothing afterwards.
/// Afterwards telemetry may be initialised again. Without telemetry, and in a child that was forked
/// from a process with telemetry, it returns an empty report at once.
///
/// ```
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// use std::sync::OnceLock;
/// use traced::telemetry::TelemetryGuard;
/// use traced::telemetry::{TelemetryBuilder, shutdown};
///
/// static TELEMETRY: OnceLock<TelemetryGuard> = OnceLock::new();
///
/// # /*
/// let builder = TelemetryBuilder::default();
/// # */
/// # let builder = TelemetryBuilder::default().no_exporter();
/// let _ = TELEMETRY.set(builder.init()?);
/// // ... the program ...
/// let report = shutdown();
/// assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
pub fn shutdown() -> Report {
    let telemetry = installed::get();
    telemetry
        .map(|telemetry| telemetry.shutdown())
        .unwrap_or_default()
}
