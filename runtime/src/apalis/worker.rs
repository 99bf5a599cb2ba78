//! The layer of a worker, which puts attempts in spans.

use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use apalis_core::task::Task;
use apalis_core::task::task_id::TaskId;
use opentelemetry::trace::{SpanKind, TraceContextExt as _};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::add_job;
use super::attempts::Attempts;
use crate::call_site::CallSite;
use crate::failure::Failure;
use crate::future::{self, Traced, future};
use crate::outcome::Observer;
use crate::span::Started;

static PROCESS: CallSite = CallSite::new(
    "process",
    SpanKind::Consumer,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::apalis",
)
.of_no_function();

/// A layer that puts each attempt of a worker in a span, which is named after `queue`.
///
/// The parent is the producer span, whose context is in the metadata of the job; without one, it is the current span of
/// the worker. `apalis.task.attempt` counts from 1. A retry is linked to the attempt before.
///
/// ```
/// use std::time::Duration;
///
/// use apalis_core::backend::memory::MemoryStorage;
/// use apalis_core::worker::builder::WorkerBuilder;
///
/// async fn resize(image: u64) { println!("image {image}") }
///
/// let worker = WorkerBuilder::new("resizer")
///     .backend(MemoryStorage::new())
///     // .retry(..) stands here.
///     .layer(traced::apalis::layer("images"))
///     .build(resize);
/// # drop(worker);
/// ```
pub fn layer(queue: impl Into<String>) -> WorkerLayer {
    WorkerLayer {
        queue: queue.into().into(),
        attempts: Arc::default(),
    }
}

/// The layer that [`layer`] returns. Its clones share the attempts to which retries are linked.
#[derive(Clone, Debug)]
pub struct WorkerLayer {
    queue: Arc<str>,
    attempts: Arc<Attempts>,
}

impl<S> Layer<S> for WorkerLayer {
    type Service = Worker<S>;

    fn layer(&self, inner: S) -> Worker<S> {
        Worker {
            inner,
            layer: self.clone(),
        }
    }
}

/// A worker's service whose attempts are in spans.
#[derive(Clone, Debug)]
pub struct Worker<S> {
    inner: S,
    layer: WorkerLayer,
}

impl<S, A> Service<Task<A>> for Worker<S>
where
    S: Service<Task<A>>,
    S::Error: Display + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, task: Task<A>) -> Self::Future {
        let attempts = &self.layer.attempts;
        let id = task.task_id().cloned();
        let last = id.as_ref().and_then(|id| attempts.last(id));
        let started = PROCESS.start_with(&mut |options| {
            options.name(format!("process {}", self.layer.queue));
            let attributes = options.attributes(6);
            add_job(&self.layer.queue, &task, attributes);
            attributes.literal("messaging.operation.name", "process");
            attributes.literal("messaging.operation.type", "process");
            // The innermost service of a worker increments it later.
            attributes.value("apalis.task.attempt", &(task.attempt() + 1));
            options.extract(task.metadata().as_map());
            options.links(last.clone());
        });
        let active = started.active.as_ref();
        let recording = active.filter(|active| active.is_recording());
        if let (Some(id), Some(active)) = (&id, recording) {
            let attempt = active.context().span().span_context().clone();
            attempts.begin(id, attempt);
        }
        let observer = Ended {
            attempts: Arc::clone(attempts),
            id,
        };
        let (started, inner) = future::built(started.enter(), || self.inner.call(task));
        TaskFuture {
            inner: future(started, inner, observer),
        }
    }
}

/// Records the error of an attempt, and forgets a job that succeeded.
#[derive(Debug)]
struct Ended {
    attempts: Arc<Attempts>,
    id: Option<TaskId>,
}

impl<T, E: Display + 'static> Observer<Result<T, E>> for Ended {
    fn observe_on(&mut self, _: &SpanKind, result: &Result<T, E>) -> Option<Failure> {
        match (result, &self.id) {
            (Err(error), _) => Some(Failure::from_display_or_boxed(error)),
            (Ok(_), Some(id)) => {
                self.attempts.succeed(id);
                None
            }
            (Ok(_), None) => None,
        }
    }
}

pin_project! {
    /// The future of an attempt, whose span is current during every poll and while it is dropped.
    #[must_use = "futures do nothing unless polled"]
    pub struct TaskFuture<F> {
        #[pin]
        inner: Traced<Started, F, Ended>,
    }
}

impl<F> fmt::Debug for TaskFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskFuture").finish_non_exhaustive()
    }
}

impl<F, T, E> Future for TaskFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Display + 'static,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(task)
    }
}
