//! A storage whose jobs are sent in spans.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use apalis_core::backend::{Backend, BackendConfig, WireFormatBackend};
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use futures_sink::Sink;
use opentelemetry::trace::SpanKind;

use super::add_job;
use crate::call_site::CallSite;
use crate::failure::Failure;
use crate::future::SpanState;

static SEND: CallSite = CallSite::new(
    "send",
    SpanKind::Producer,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::apalis",
)
.of_no_function();

/// A storage whose jobs are sent in spans.
///
/// It is used like the inner storage: `push`, `push_task`, `push_bulk` and the other methods of `TaskSink` send jobs,
/// and a worker takes it as its backend. The span of a job lasts until the storage has accepted it. All baggage leaves
/// the process with the job. Other methods of the storage are available through [`get_ref`](Self::get_ref) and
/// [`get_mut`](Self::get_mut); jobs that are sent there have no span.
///
/// ```
/// use apalis_core::backend::TaskSink as _;
/// use apalis_core::backend::memory::MemoryStorage;
/// use apalis_core::task::builder::TaskBuilder;
///
/// # async fn send() -> Result<(), Box<dyn std::error::Error>> {
/// let mut images = traced::apalis::Traced::new("images", MemoryStorage::new());
/// images.push_task(TaskBuilder::new(7_u64).max_attempts(3).build()).await?;
/// # Ok(())
/// # }
/// # drop(send());
/// ```
pub struct Traced<B> {
    storage: B,
    queue: Arc<str>,
    /// The spans of jobs that were passed to the storage but not flushed yet.
    sending: Vec<SpanState>,
}

impl<B> Traced<B> {
    /// Traces the jobs that are sent to this storage, under the name of the queue.
    pub fn new(queue: impl Into<String>, storage: B) -> Self {
        Traced {
            storage,
            queue: queue.into().into(),
            sending: Vec::new(),
        }
    }

    /// The inner storage.
    ///
    /// ```
    /// use apalis_core::backend::memory::MemoryStorage;
    ///
    /// let images = traced::apalis::Traced::new("images", MemoryStorage::<u64>::new());
    /// let storage: &MemoryStorage<u64> = images.get_ref();
    /// # let _ = storage;
    /// ```
    pub fn get_ref(&self) -> &B {
        &self.storage
    }

    /// The inner storage.
    pub fn get_mut(&mut self) -> &mut B {
        &mut self.storage
    }

    fn end(&mut self, failed: Option<&dyn Fn() -> Failure>) {
        for mut span in self.sending.drain(..) {
            if let (Some(active), Some(failure)) = (span.active(), failed) {
                active.record_failure(failure());
            }
            span.succeed();
        }
    }

    /// Calls `run` in the span of the job that is being sent, or of the first one.
    fn poll_within<R>(&mut self, run: impl FnOnce(&mut B) -> R) -> R {
        let storage = &mut self.storage;
        match self.sending.first_mut() {
            Some(span) => span.enter(|| run(storage)),
            None => run(storage),
        }
    }
}

impl<B: Clone> Clone for Traced<B> {
    fn clone(&self) -> Self {
        Traced {
            storage: self.storage.clone(),
            queue: Arc::clone(&self.queue),
            sending: Vec::new(),
        }
    }
}

impl<B> fmt::Debug for Traced<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl<B> Drop for Traced<B> {
    fn drop(&mut self) {
        for mut span in self.sending.drain(..) {
            span.leave(&mut || ());
        }
    }
}

impl<B, T> Sink<Task<T>> for Traced<B>
where
    B: Sink<Task<T>> + Unpin,
    B::Error: Error + 'static,
{
    type Error = B::Error;

    fn poll_ready(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.get_mut().storage).poll_ready(task)
    }

    fn start_send(self: Pin<&mut Self>, job: Task<T>) -> Result<(), Self::Error> {
        let this = self.get_mut();
        let started = SEND.start_with(&mut |options| {
            options.name(format!("send {}", this.queue));
            let attributes = options.attributes(5);
            add_job(&this.queue, &job, attributes);
            attributes.literal("messaging.operation.name", "send");
            attributes.literal("messaging.operation.type", "send");
        });
        let mut metadata = job.metadata().clone();
        let mut span = SpanState::from(started.injecting().inject(metadata.as_mut()));
        let job = job.into_builder().with_metadata(metadata).build();
        let storage = Pin::new(&mut this.storage);
        let sent = span.enter(|| storage.start_send(job));
        this.sending.push(span);
        if let Err(error) = &sent {
            this.end(Some(&|| Failure::from_error(error)));
        }
        sent
    }

    fn poll_flush(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Result<(), Self::Error>> {
        let this = self.get_mut();
        let flushed = ready!(this.poll_within(|storage| Pin::new(storage).poll_flush(task)));
        match &flushed {
            Ok(()) => this.end(None),
            Err(error) => this.end(Some(&|| Failure::from_error(error))),
        }
        Poll::Ready(flushed)
    }

    fn poll_close(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Result<(), Self::Error>> {
        let this = self.get_mut();
        let closed = ready!(this.poll_within(|storage| Pin::new(storage).poll_close(task)));
        match &closed {
            Ok(()) => this.end(None),
            Err(error) => this.end(Some(&|| Failure::from_error(error))),
        }
        Poll::Ready(closed)
    }
}

impl<B: Backend> Backend for Traced<B> {
    type Task = B::Task;
    type Error = B::Error;

    fn poll_ready(
        &mut self,
        task: &mut TaskContext<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Self::Error>> {
        self.storage.poll_ready(task, worker)
    }

    fn poll_next(
        &mut self,
        task: &mut TaskContext<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Self::Error>>> {
        self.storage.poll_next(task, worker)
    }

    fn poll_close(
        &mut self,
        task: &mut TaskContext<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Self::Error>> {
        self.storage.poll_close(task, worker)
    }
}

impl<B: BackendConfig> BackendConfig for Traced<B> {
    type Args = B::Args;
    type Id = B::Id;
    type Kind = B::Kind;
    type Config = B::Config;
    type Layer = B::Layer;

    fn config(&self) -> &Self::Config {
        self.storage.config()
    }

    fn middleware(&mut self, worker: &mut WorkerContext) -> Self::Layer {
        self.storage.middleware(worker)
    }
}

impl<B: WireFormatBackend> WireFormatBackend for Traced<B> {
    type Codec = B::Codec;
    type Compact = B::Compact;

    fn codec(&self) -> &Self::Codec {
        self.storage.codec()
    }
}
