//! Runs an exporter of spans that the user wrote: on a thread of its own, as it may block. A panic in it loses only its
//! batch.

use std::any::type_name;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::spans::{SpanQueue, decode};
use super::worker::{Destination, Progress, message};
use crate::current_context;
use crate::recorder::sink::Batch;
use crate::recorder::{Scope, Scopes};
use crate::self_log::{self, Level};
use crate::thread::spawn_thread;

/// The destination that sends batches to the exporter's thread.
pub(super) struct UserExporter {
    jobs: Sender<Job>,
    /// Starts the thread with the first batch.
    start: Option<Start>,
    name: Arc<str>,
    /// The time for one batch.
    timeout: Duration,
}

type Start = Box<dyn FnOnce() -> io::Result<JoinHandle<()>> + Send>;

/// The requests to the thread, which it serves in order.
pub(super) enum Job {
    Resource(Resource),
    Export(Batch<Scope>, oneshot::Sender<Result<(), String>>),
    Shutdown(Duration, oneshot::Sender<()>),
}

/// The name of the exporter in reports.
pub(super) fn name<E>() -> Arc<str> {
    format!("span exporter {}", type_name::<E>()).into()
}

impl UserExporter {
    /// Returns the destination, and a second sender of jobs to the same thread.
    pub(super) fn new<E: SpanExporter + 'static>(
        exporter: E,
        timeout: Duration,
        scopes: Arc<Scopes>,
    ) -> (Self, Sender<Job>) {
        let (jobs, receiver) = channel();
        let serve = move || serve(exporter, &receiver, &scopes);
        let start = move || spawn_thread("traced-exporter", serve);
        let exporter = UserExporter {
            jobs: jobs.clone(),
            start: Some(Box::new(start)),
            name: name::<E>(),
            timeout,
        };
        (exporter, jobs)
    }

    /// Sends a job to the thread, and starts the thread with the first one.
    fn send_job(&mut self, job: Job) -> Result<(), String> {
        let started = self.start.take().map_or(Ok(()), |start| start().map(drop));
        started.map_err(|error| format!("no thread for it ({error})"))?;
        self.jobs.send(job).map_err(|_| gone())
    }

    async fn export(&mut self, batch: Batch<Scope>) -> Result<(), String> {
        let (answer, outcome) = oneshot::channel();
        self.send_job(Job::Export(batch, answer))?;
        match timeout(self.timeout, outcome).await {
            Ok(outcome) => outcome.unwrap_or_else(|_| Err(gone())),
            Err(_) => Err(format!(
                "it took longer than the {:?} of OTEL_BSP_EXPORT_TIMEOUT",
                self.timeout
            )),
        }
    }

    fn lost(&self, count: u64, why: &str) {
        let name = &self.name;
        self_log::once(
            Level::Error,
            &format!("lost spans of {name}"),
            format_args!("{count} spans are lost in {name}: {why}"),
        );
    }
}

impl Destination<SpanQueue> for UserExporter {
    async fn send(&mut self, batch: Batch<Scope>, progress: &Progress<SpanQueue>) {
        let count = batch.len() as u64;
        match self.export(batch).await {
            Ok(()) => progress.settle(count, count),
            Err(why) => {
                self.lost(count, &why);
                // The exporter returns only a text, which may be different each time.
                progress.note_failed(|| "_OTHER".into(), count);
                progress.settle(count, 0);
            }
        }
    }

    fn panicked(&self, lost: u64, message: &str) {
        self.lost(lost, &format!("its worker panicked ({message})"));
    }

    async fn shutdown(&mut self, limit: Duration) {
        let (answer, is_done) = oneshot::channel();
        if self.send_job(Job::Shutdown(limit, answer)).is_ok() {
            let _ = is_done.await;
        }
    }
}

fn gone() -> String {
    "its thread has ended".to_owned()
}

fn serve<E: SpanExporter>(mut exporter: E, jobs: &Receiver<Job>, scopes: &Scopes) {
    // Calls inside an exporter make no spans, as those would be exported in turn.
    let _suppressed = current_context::suppress_telemetry();
    for job in jobs {
        match job {
            Job::Resource(resource) => {
                let _ = caught(|| exporter.set_resource(&resource));
            }
            // The batch before took too long, so the worker has counted this one as failed already.
            Job::Export(_, answer) if answer.is_closed() => {}
            Job::Export(batch, answer) => {
                let spans = decode(&batch, scopes);
                // Frees its buffers, which are reused.
                drop(batch);
                let outcome = caught(|| block_on(exporter.export(spans)));
                let outcome = outcome.and_then(|result| result.map_err(|error| error.to_string()));
                let _ = answer.send(outcome);
            }
            Job::Shutdown(limit, answer) => {
                let _ = caught(|| exporter.shutdown_with_timeout(limit));
                let _ = answer.send(());
            }
        }
    }
    let _ = caught(|| drop(exporter));
}

/// Runs the user's code; the error has the message of its panic.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|panic| format!("it panicked ({})", message(&*panic)))
}

/// Runs a future on this thread, outside of any runtime, as the SDK's processors do: blocking clients refuse to run
/// inside a runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = TaskContext::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}
