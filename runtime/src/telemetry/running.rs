//! Running telemetry: flushes it and shuts it down within a deadline, on a separate thread.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::export::{DEFAULT_DEADLINE, Exporting, after};
use super::provider::Provider;
use super::report::Report;
use super::watch;
use crate::Filter;
use crate::fork::Home;
use crate::inherited;
use crate::lifetimes;
use crate::printer::{self, Stream};
use crate::redaction::Redaction;
use crate::self_log::{self, Level};
use crate::thread::{is_awaited, note_awaited, spawn_thread};

/// Telemetry of this process, from `init` to the shutdown. The guard and [`installed`] hold it.
#[derive(Debug)]
pub(super) struct Running {
    parts: Parts,
    deadline: Duration,
    home: Home,
    end: Mutex<End>,
    /// Wakes the threads that wait for the end.
    is_over: Condvar,
}

/// How far the end of telemetry has come.
#[derive(Debug)]
enum End {
    NotBegun,
    /// A thread ends telemetry, until this deadline.
    Begun(Instant),
    Over,
}

impl Running {
    pub(super) fn new(parts: Parts, deadline: Option<Duration>) -> Arc<Self> {
        Arc::new(Running {
            parts,
            deadline: deadline.unwrap_or(DEFAULT_DEADLINE),
            home: Home::here(),
            end: Mutex::new(End::NotBegun),
            is_over: Condvar::new(),
        })
    }

    /// The batching exporters, if there are any. A sudden end of the process would lose their batches.
    #[cfg(target_os = "linux")]
    pub(super) fn exporting(&self) -> Option<&Arc<Exporting>> {
        self.parts.exporting.as_ref()
    }

    /// Whether this process initialised telemetry itself and was not forked afterwards.
    pub(super) fn is_here(&self) -> bool {
        self.home.is_here()
    }

    pub(super) fn report(&self) -> Report {
        match self.home.is_here() {
            true => self.parts.report(),
            false => Report::default(),
        }
    }

    pub(super) fn flush(self: &Arc<Self>) -> Report {
        if !self.home.is_here() {
            return Report::default();
        }
        let deadline = after(self.deadline);
        let this = Arc::clone(self);
        let report = elsewhere(deadline, move || {
            let report = this.parts.flush(deadline);
            printer::flush(deadline);
            report
        });
        report.unwrap_or_else(|| self.report())
    }

    /// The first call ends telemetry; later calls wait for its end, for as long as `wait_for_end` does. What a call returns
    /// are the counts of then: the final ones, unless it did not wait to the end.
    pub(super) fn shutdown(self: Arc<Self>) -> Report {
        if !self.home.is_here() {
            return Report::default();
        }
        let Some(deadline) = self.begin_end() else {
            self.wait_for_end();
            return self.report();
        };
        let report = self.end(deadline);
        installed::remove(&self);
        *lock(&self.end) = End::Over;
        self.is_over.notify_all();
        report
    }

    /// The deadline for the end; `None` if it has begun already.
    fn begin_end(&self) -> Option<Instant> {
        let mut end = lock(&self.end);
        matches!(*end, End::NotBegun).then(|| {
            let deadline = after(self.deadline);
            *end = End::Begun(deadline);
            deadline
        })
    }

    /// Waits until another thread has ended telemetry, or shortly after its deadline: the process may exit when this
    /// returns.
    fn wait_for_end(&self) {
        // Code of the user that runs as a part of the end would wait for itself.
        if is_awaited() {
            return;
        }
        let end = lock(&self.end);
        if let End::Begun(deadline) = *end {
            let limit = until_shortly_after(deadline);
            let is_begun = |end: &mut End| matches!(end, End::Begun(_));
            drop(self.is_over.wait_timeout_while(end, limit, is_begun));
        }
    }

    fn end(self: &Arc<Self>, deadline: Instant) -> Report {
        let this = Arc::clone(self);
        let report = elsewhere(deadline, move || {
            let report = this.parts.shutdown(deadline);
            if Instant::now() >= deadline {
                watch::report_open(this.deadline);
            }
            this.parts.unset();
            watch::report_lost();
            // Records that are logged from now on have no destination.
            #[cfg(feature = "logs")]
            super::logs::uninstall();
            // Last, as writing may block.
            report.log_losses();
            finish_printing(deadline);
            report
        });
        report.unwrap_or_else(|| {
            // Reports the open spans, which may have delayed the end.
            watch::report_open(self.deadline);
            self.parts.unset();
            self.report()
        })
    }

    /// In a forked child: leaks the parent's telemetry. Dropping it would wake the parent's thread,
    /// and wait for a thread that does not exist in the child.
    pub(super) fn abandon(self: Arc<Self>) {
        std::mem::forget(self);
    }
}

/// Waits until everything printed so far is written.
fn finish_printing(deadline: Instant) {
    if !Stream::Stdout.flush(deadline) {
        self_log::once(
            Level::Warn,
            "standard output",
            "standard output did not take what was to be printed; some trees are missing",
        );
    }
    Stream::Stderr.flush(deadline);
}

/// The telemetry of this process.
pub(super) mod installed {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Running;
    use crate::fork::ForkMutex;

    /// The process that has telemetry or is initialising it; 0 if there is none.
    static OWNER: AtomicU32 = AtomicU32::new(0);
    static RUNNING: ForkMutex<Option<Arc<Running>>> = ForkMutex::new(None);

    /// The right to initialise telemetry in this process; dropping it unused gives it back.
    pub(in crate::telemetry) struct Claim {
        /// Whether this process was forked from one with telemetry.
        pub(in crate::telemetry) is_in_child: bool,
    }

    /// `None` if there is telemetry already.
    pub(in crate::telemetry) fn claim() -> Option<Claim> {
        let here = std::process::id();
        let owner = OWNER.swap(here, Ordering::AcqRel);
        if owner == here {
            return None;
        }
        let is_in_child = owner != 0;
        if is_in_child {
            if let Some(inherited) = RUNNING.lock().and_then(|mut running| running.take()) {
                inherited.abandon();
            }
            #[cfg(feature = "logs")]
            crate::telemetry::logs::abandon();
        }
        Some(Claim { is_in_child })
    }

    impl Claim {
        pub(in crate::telemetry) fn put(self, telemetry: &Arc<Running>) {
            if let Some(mut running) = RUNNING.lock() {
                *running = Some(Arc::clone(telemetry));
            }
            std::mem::forget(self);
        }
    }

    impl Drop for Claim {
        fn drop(&mut self) {
            OWNER.store(0, Ordering::Release);
        }
    }

    pub(in crate::telemetry) fn get() -> Option<Arc<Running>> {
        RUNNING.lock()?.clone()
    }

    pub(super) fn remove(telemetry: &Arc<Running>) {
        let removed = RUNNING.lock().and_then(|mut running| {
            let is_this = running
                .as_ref()
                .is_some_and(|it| Arc::ptr_eq(it, telemetry));
            if is_this { running.take() } else { None }
        });
        drop(removed);
        OWNER.store(0, Ordering::Release);
    }
}

/// Runs `work` on a new thread and waits for it until shortly after the deadline. `None` if the work takes longer than
/// that.
///
/// The calling thread may be ending, in a destructor of a thread-local value or in `atexit`, when the thread-local
/// values of OpenTelemetry, tokio and channels may be gone. So it uses only a mutex and a condition variable, which
/// need none.
fn elsewhere<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    struct Shared<T, F> {
        work: Mutex<Option<F>>,
        result: Mutex<Option<T>>,
        is_done: Condvar,
    }
    let shared = Arc::new(Shared {
        work: Mutex::new(Some(work)),
        result: Mutex::new(None),
        is_done: Condvar::new(),
    });
    let theirs = Arc::clone(&shared);
    let thread = spawn_thread("traced-flush", move || {
        note_awaited();
        let Some(work) = lock(&theirs.work).take() else {
            return;
        };
        let result = work();
        *lock(&theirs.result) = Some(result);
        theirs.is_done.notify_one();
    });
    if thread.is_err() {
        // No thread can be started, so the work runs on this one: most callers are not ending.
        return lock(&shared.work).take().map(|work| work());
    }
    let limit = until_shortly_after(deadline);
    let result = shared
        .is_done
        .wait_timeout_while(lock(&shared.result), limit, |result| result.is_none());
    let (mut result, _) = result.unwrap_or_else(PoisonError::into_inner);
    result.take()
}

/// A little more than the time until the deadline, as the work that ends at the deadline has a result soon after it.
fn until_shortly_after(deadline: Instant) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now());
    left + (left / 20).clamp(Duration::from_millis(50), Duration::from_millis(500))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The parts that are flushed and shut down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) tracer_provider: Option<Provider>,
    pub(crate) exporting: Option<Arc<Exporting>>,
    /// Whether telemetry set a filter, which is removed at the end.
    pub(crate) has_filter: bool,
    pub(crate) redaction: Option<Redaction>,
    /// Whether polls and open spans may be watched, which stops at the end.
    pub(crate) is_watched: bool,
    /// Whether spans without a parent adopt that of the environment, until the end.
    pub(crate) adopts_parent: bool,
}

impl Parts {
    /// Resets the settings of the process.
    fn unset(&self) {
        if self.has_filter {
            crate::set_filter(Filter::default());
        }
        if self.adopts_parent {
            inherited::unset();
        }
        if self.is_watched {
            watch::end();
            #[cfg(feature = "metrics")]
            super::metrics::end();
        }
    }

    fn flush(&self, deadline: Instant) -> Report {
        self.both(deadline, Exporting::flush, |provider, _| {
            let _ = provider.force_flush();
        })
    }

    fn shutdown(&self, deadline: Instant) -> Report {
        self.both(deadline, Exporting::shutdown, |provider, deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            let _ = provider.shutdown_with_timeout(left);
        })
    }

    /// Calls `ours` for our exporters, and meanwhile `theirs` for the provider on another thread, as a processor of
    /// the user may block for ever: that thread is abandoned at the deadline.
    fn both(
        &self,
        deadline: Instant,
        ours: impl FnOnce(&Exporting, Instant) -> Report,
        theirs: impl FnOnce(&Provider, Instant) + Send + 'static,
    ) -> Report {
        let their_end = self.tracer_provider.clone().map(|provider| {
            let (done, is_done) = sync_channel::<()>(1);
            // If no thread can be started, at least our exporters are flushed.
            let _ = spawn_thread("traced-flush-sdk", move || {
                note_awaited();
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
        self.completed(report.unwrap_or_default())
    }

    fn report(&self) -> Report {
        let exporting = self.exporting.as_ref();
        let report = exporting.map(|exporting| exporting.report());
        self.completed(report.unwrap_or_default())
    }

    /// Adds the parts of the report that do not come from exporters.
    fn completed(&self, mut report: Report) -> Report {
        report.masked = self.redaction.as_ref().map_or(0, Redaction::masked);
        report.long_lived = lifetimes::found();
        report
    }
}
