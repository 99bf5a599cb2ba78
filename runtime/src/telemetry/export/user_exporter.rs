//! Runs an exporter of spans that the user wrote: on a thread of its own, as it may block. A panic in it loses only its
//! batch.
//!
//! A batch that is not exported in time has failed. At most one more batch waits for the thread, so that the memory
//! of batches is bounded however long the exporter blocks.

use std::any::type_name;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::spans::{SpanQueue, decode};
use super::worker::{Destination, Progress, message};
use crate::current_context;
use crate::recorder::sink::Batch;
use crate::recorder::{Scope, Scopes};
use crate::self_log::{self, Level};
use crate::thread::{note_awaited, spawn_thread};

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
enum Job {
    Export(Batch<Scope>, oneshot::Sender<Result<(), String>>),
    Shutdown(Duration, oneshot::Sender<()>),
}

/// A resource that the exporter has not been told yet.
#[derive(Clone, Default)]
pub(super) struct NewResource(Arc<Mutex<Option<Resource>>>);

impl NewResource {
    /// Tells the exporter before the next batch.
    pub(super) fn set(&self, resource: &Resource) {
        self.lock().replace(resource.clone());
    }

    fn take(&self) -> Option<Resource> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Resource>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of the exporter in reports.
pub(super) fn name<E>() -> Arc<str> {
    format!("span exporter {}", type_name::<E>()).into()
}

impl UserExporter {
    pub(super) fn new<E: SpanExporter + 'static>(
        exporter: E,
        timeout: Duration,
        scopes: Arc<Scopes>,
        resource: NewResource,
    ) -> Self {
        let (jobs, receiver) = channel(1);
        let serve = move || serve(exporter, receiver, &scopes, &resource);
        let start = move || spawn_thread("traced-exporter", serve);
        UserExporter {
            jobs,
            start: Some(Box::new(start)),
            name: name::<E>(),
            timeout,
        }
    }

    /// Sends a job to the thread, and starts the thread with the first one. Waits until the thread has taken the
    /// previous job.
    async fn send_job(&mut self, job: Job) -> Result<(), String> {
        let started = self.start.take().map_or(Ok(()), |start| start().map(drop));
        started.map_err(|error| format!("no thread for it ({error})"))?;
        self.jobs.send(job).await.map_err(|_| gone())
    }

    async fn export(&mut self, batch: Batch<Scope>) -> Result<(), String> {
        let limit = self.timeout;
        let exported = async {
            let (answer, outcome) = oneshot::channel();
            self.send_job(Job::Export(batch, answer)).await?;
            outcome.await.unwrap_or_else(|_| Err(gone()))
        };
        let late = format!("it took longer than the {limit:?} of OTEL_BSP_EXPORT_TIMEOUT");
        timeout(limit, exported).await.unwrap_or(Err(late))
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
        if self.send_job(Job::Shutdown(limit, answer)).await.is_ok() {
            let _ = is_done.await;
        }
    }
}

fn gone() -> String {
    "its thread has ended".to_owned()
}

fn serve<E: SpanExporter>(
    mut exporter: E,
    mut jobs: Receiver<Job>,
    scopes: &Scopes,
    resource: &NewResource,
) {
    note_awaited();
    // Calls inside an exporter make no spans, as those would be exported in turn.
    let _suppressed = current_context::suppress_telemetry();
    let mut end = None;
    while let Some(job) = jobs.blocking_recv() {
        if let Some(resource) = resource.take() {
            let _ = caught(|| exporter.set_resource(&resource));
        }
        match job {
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
                end = Some((limit, answer));
                break;
            }
        }
    }
    // The worker gives up a shutdown that it cannot send before its deadline.
    let (limit, answer) = end.unzip();
    let _ = caught(|| exporter.shutdown_with_timeout(limit.unwrap_or_default()));
    let _ = answer.map(|answer: oneshot::Sender<()>| answer.send(()));
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

#[cfg(test)]
mod tests;
