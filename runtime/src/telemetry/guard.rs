//! What `init` returns: flushes when it is dropped.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use opentelemetry_sdk::trace::SdkTracerProvider;

use super::export::{DEFAULT_DEADLINE, Exporting, after};
use super::report::Report;
use crate::thread::spawn_thread;

/// Keeps telemetry going; flushes it and shuts it down when dropped.
///
/// Hold it in `main`, under a name (`let _telemetry = ..`; a mere `_` drops it at once): it then
/// flushes when `main` returns and when it panics. A flush waits for the collectors, but never past
/// the deadline (5 seconds, or what the builder says), whatever they do, and it works without a
/// runtime, inside any, and after it is gone. Inside async code it blocks the thread for so long;
/// a receiver of spans that needs this very thread to answer is waited for in vain.
///
/// ```
/// use traced::telemetry::Telemetry;
///
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// # let builder = Telemetry::builder().no_exporter();
/// # /*
/// let builder = Telemetry::builder();
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
/// on a signal (unless the builder was asked to flush on those). In the child of a `fork` there is
/// no exporting thread: it has to initialise telemetry itself, and the guard that it inherited says
/// after the deadline that everything was dropped.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped, so at once; bind it to a name in `main`"]
pub struct TelemetryGuard {
    /// `None` after a shutdown.
    parts: Option<Parts>,
    deadline: Duration,
}

/// What is flushed and shut down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) tracer_provider: Option<SdkTracerProvider>,
    pub(crate) exporting: Option<Arc<Exporting>>,
}

impl TelemetryGuard {
    pub(crate) fn new(parts: Parts, deadline: Option<Duration>) -> Self {
        TelemetryGuard {
            parts: Some(parts),
            deadline: deadline.unwrap_or(DEFAULT_DEADLINE),
        }
    }

    /// Exports what has ended by now, and says what became of everything so far.
    ///
    /// Blocks until then, at most for the deadline; what was neither exported nor failed by then is
    /// `pending`. A collector that cannot be reached is not waited for: the first attempt that fails
    /// while somebody waits is the last one for its spans.
    ///
    /// ```
    /// # use traced::telemetry::Telemetry;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let telemetry = Telemetry::builder().no_exporter().init()?;
    /// let report = telemetry.force_flush();
    /// if !report.is_complete() {
    ///     eprintln!("{report}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn force_flush(&self) -> Report {
        match &self.parts {
            Some(parts) => parts.flush(self.deadline),
            None => Report::default(),
        }
    }

    /// What became of everything so far, without waiting for anything.
    ///
    /// ```
    /// # use traced::telemetry::Telemetry;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let telemetry = Telemetry::builder().no_exporter().init()?;
    /// let report = telemetry.report();
    /// println!("{} spans wait, {} were dropped", report.pending, report.dropped);
    /// # Ok(())
    /// # }
    /// ```
    pub fn report(&self) -> Report {
        let exporting = self
            .parts
            .as_ref()
            .and_then(|parts| parts.exporting.as_ref());
        exporting
            .map(|exporting| exporting.report())
            .unwrap_or_default()
    }

    /// Exports what has ended, ends telemetry, and says what became of everything.
    ///
    /// Blocks until then, at most for the deadline: what waits then is dropped, what is on its way
    /// has failed. Functions that run afterwards have no spans. What was lost is also said on stderr,
    /// in one line for each exporter.
    ///
    /// ```
    /// # use traced::telemetry::Telemetry;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let telemetry = Telemetry::builder().no_exporter().init()?;
    /// let report = telemetry.shutdown();
    /// assert_eq!(report.pending, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(mut self) -> Report {
        self.end().unwrap_or_default()
    }

    #[cfg(all(feature = "signals", unix))]
    pub(super) fn flush_on_signals(&self) -> std::io::Result<()> {
        match &self.parts {
            Some(parts) => super::signals::flush_on_signals(parts.clone(), self.deadline),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Option<Report> {
        let report = self.parts.take()?.shutdown(self.deadline);
        // What is logged from now on has nowhere to go.
        #[cfg(feature = "logs")]
        super::logs::uninstall();
        report.tell();
        Some(report)
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        self.end();
    }
}

impl Parts {
    pub(crate) fn flush(&self, limit: Duration) -> Report {
        self.both(limit, Exporting::flush, |provider, _| {
            let _ = provider.force_flush();
        })
    }

    fn shutdown(self, limit: Duration) -> Report {
        self.both(limit, Exporting::shutdown, |provider, deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            let _ = provider.shutdown_with_timeout(left);
        })
    }

    /// Our exporters all at once; and beside them the provider, which asks its processors one by
    /// one. Some may be the user's, and need not come back: they do it on a thread that is left
    /// alone at the deadline.
    fn both(
        &self,
        limit: Duration,
        ours: impl FnOnce(&Exporting, Instant) -> Report,
        theirs: impl FnOnce(&SdkTracerProvider, Instant) + Send + 'static,
    ) -> Report {
        let deadline = after(limit);
        let their_end = self.tracer_provider.clone().map(|provider| {
            let (done, is_done) = sync_channel::<()>(1);
            // Without a thread, ours are flushed all the same.
            let _ = spawn_thread("traced-flush", move || {
                let _done = done;
                theirs(&provider, deadline);
            });
            is_done
        });
        let exporting = self.exporting.as_ref();
        let report = exporting.map(|exporting| ours(exporting, deadline));
        if let Some(is_done) = their_end {
            let left = deadline.saturating_duration_since(Instant::now());
            let _ = is_done.recv_timeout(left);
        }
        report.unwrap_or_default()
    }
}
