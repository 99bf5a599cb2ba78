//! An exporter of spans that the user wrote. It may block, so it has a thread of its own; it may
//! panic, which costs the batch and nothing more.

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

/// The worker's end of the exporter's thread.
pub(super) struct UserExporter {
    jobs: Sender<Job>,
    /// Starts the thread, which is there from the first batch on.
    start: Option<Start>,
    name: Arc<str>,
    /// For one batch.
    timeout: Duration,
}

type Start = Box<dyn FnOnce() -> io::Result<JoinHandle<()>> + Send>;

/// The requests to the thread, which it serves in order.
pub(super) enum Job {
    Resource(Resource),
    Export(Batch<Scope>, oneshot::Sender<Result<(), String>>),
    Shutdown(Duration, oneshot::Sender<()>),
}

/// How a report calls the exporter.
pub(super) fn name<E>() -> Arc<str> {
    format!("span exporter {}", type_name::<E>()).into()
}

impl UserExporter {
    /// Items sent to the second part reach the exporter too.
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

    /// Hands it to the thread.
    fn ask(&mut self, job: Job) -> Result<(), String> {
        let started = self.start.take().map_or(Ok(()), |start| start().map(drop));
        started.map_err(|error| format!("no thread for it ({error})"))?;
        self.jobs.send(job).map_err(|_| gone())
    }

    async fn export(&mut self, batch: Batch<Scope>) -> Result<(), String> {
        let (answer, outcome) = oneshot::channel();
        self.ask(Job::Export(batch, answer))?;
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
                // The exporter gives no more than a text, of which there may be any number.
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
        if self.ask(Job::Shutdown(limit, answer)).is_ok() {
            let _ = is_done.await;
        }
    }
}

fn gone() -> String {
    "its thread has ended".to_owned()
}

fn serve<E: SpanExporter>(mut exporter: E, jobs: &Receiver<Job>, scopes: &Scopes) {
    // Calls inside an exporter have no spans, as those would be exported in turn.
    let _suppressed = current_context::suppress_telemetry();
    for job in jobs {
        match job {
            Job::Resource(resource) => {
                let _ = caught(|| exporter.set_resource(&resource));
            }
            // The worker did not wait so long for the batch before: this one has failed already.
            Job::Export(_, answer) if answer.is_closed() => {}
            Job::Export(batch, answer) => {
                let spans = decode(&batch, scopes);
                // Its buffers are used again.
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

/// Runs the user's code; what a panic says, if it comes to one.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|panic| format!("it panicked ({})", message(&*panic)))
}

/// Runs a future on this thread, outside of any runtime, as the SDK's processors run exporters:
/// clients that block refuse to work inside of one.
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
