//! The guard that `init` returns: flushes when it is dropped.

use std::sync::Arc;

use super::report::Report;
use super::running::{Running, installed};
#[cfg(all(feature = "signals", unix))]
use super::signals;

/// Keeps telemetry going; flushes it and shuts it down when dropped.
///
/// Hold it in `main`, under a name (`let _telemetry = ..`; a mere `_` drops it at once): it then
/// flushes when `main` returns and when it panics. A flush waits for the collectors, but never past
/// the deadline (5 seconds, or what the builder says), whatever they do, and it works without a
/// runtime, inside any, and after it is gone. Inside async code it blocks the thread for so long;
/// a receiver of spans that needs this very thread to answer is waited for in vain.
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
/// Nothing is flushed when a process ends without dropping it: on `std::process::exit`, on an abort,
/// on a signal (unless the builder was asked to flush on those). Before an exit, and for a guard in a
/// `static`, which is never dropped, there are [`flush`] and [`shutdown`]. It may be
/// dropped anywhere, also in a destructor of a thread-local value and in `atexit`.
///
/// The exporting thread does not come along into the child of a `fork`: the guard that the child
/// inherited does nothing there, at once, and the child may initialise telemetry of its own.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped, so at once; bind it to a name in `main`"]
pub struct TelemetryGuard {
    /// `None` once it was let go of.
    telemetry: Option<Arc<Running>>,
}

impl TelemetryGuard {
    pub(super) fn new(telemetry: Arc<Running>) -> Self {
        TelemetryGuard {
            telemetry: Some(telemetry),
        }
    }

    /// Exports what has ended by now, and says what became of everything so far.
    ///
    /// Blocks until then, at most for the deadline; what was neither exported nor failed by then is
    /// `pending`. A collector that cannot be reached is not waited for: the first attempt that fails
    /// while somebody waits is the last one for its spans.
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

    /// What became of everything so far, without waiting for anything.
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

    /// Exports what has ended, ends telemetry, and says what became of everything.
    ///
    /// Blocks until then, at most for the deadline: what waits then is dropped, what is on its way
    /// has failed. Functions that run afterwards have no spans. What was lost is also said on stderr,
    /// in one line for each exporter.
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

/// Exports what has ended by now, for programs that do not have the [`TelemetryGuard`] at hand:
/// before `std::process::exit`, at the end of each invocation on AWS Lambda, in a panic hook.
///
/// The same as [`TelemetryGuard::force_flush`]: it blocks until then, at most for the deadline of the
/// builder (5 seconds unless set). Without telemetry, and in a child that was forked from a process
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

/// Exports what has ended and ends telemetry, for programs that do not have the [`TelemetryGuard`] at
/// hand: it may be in a `static`, which is never dropped.
///
/// The same as [`TelemetryGuard::shutdown`], with the same deadline; the guard does nothing any more.
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
