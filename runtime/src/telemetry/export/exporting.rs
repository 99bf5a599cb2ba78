//! The exporters' thread, and the exporters that run on it.

mod described;
#[cfg(feature = "logs")]
mod records;

use std::any::type_name;
use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::described::{LINES_BATCH_BYTES, bounds, component_of, max_bytes, name, name_of_lines};
#[cfg(feature = "metrics")]
use super::component::Component;
use super::error::ExportError;
use super::full_queue::{warn_of_fork, warn_of_full_queue, warn_of_heavy_queue};
use super::lines::{Lines, LinesFile, Stdout};
use super::otlp_exporter::{OtlpExporter, Prepare};
#[cfg(feature = "metrics")]
use super::pipeline::Measured;
use super::pipeline::{Pipeline, wait_for};
use super::queue_handle::QueueHandle;
use super::signal::{Finish, OtlpSignal};
use super::source::QueueStats;
use super::span_processor::BatchedSpans;
use super::spans::{EncodedResource, SpanQueue, Spans, SpansRequest};
use super::user_exporter::{self, NewResource, UserExporter};
use super::worker::{Destination, Worker};
use crate::current_context;
use crate::fork::Home;
use crate::recorder::sink::Pushed;
use crate::recorder::{self, Scopes};
use crate::telemetry::report::Report;
use crate::telemetry::settings::{BatchSettings, FileSettings, OtlpSettings};
use crate::thread::spawn_thread;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The exporters' thread, and a handle to each exporter.
#[derive(Debug)]
pub(crate) struct Exporting {
    tasks: UnboundedSender<Task>,
    pipelines: Vec<Pipeline>,
    /// The scopes by which all exporters group their spans.
    scopes: Arc<Scopes>,
    #[cfg(feature = "metrics")]
    measured: Vec<Measured>,
}

impl Exporting {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The operating system could not create the thread, or its event queue.
    pub(crate) fn start() -> io::Result<Self> {
        let (tasks, receiver) = unbounded_channel();
        let (started, is_started) = sync_channel(1);
        spawn_thread("traced-export", move || serve(receiver, &started))?;
        let stopped = || Err(io::Error::other("the thread stopped"));
        is_started.recv().unwrap_or_else(|_| stopped())?;
        Ok(Exporting {
            tasks,
            pipelines: Vec::new(),
            scopes: Arc::default(),
            #[cfg(feature = "metrics")]
            measured: Vec::new(),
        })
    }

    /// The exporters, for metrics.
    #[cfg(feature = "metrics")]
    pub(crate) fn measured(&self) -> &[Measured] {
        &self.measured
    }

    /// The scopes by which all exporters group their spans.
    pub(crate) fn scopes(&self) -> &Arc<Scopes> {
        &self.scopes
    }

    /// Adds an exporter of spans. `finish` is applied to each span that comes from the SDK's provider.
    ///
    /// # Errors
    ///
    /// [`ExportError`]: nothing could ever be exported to that destination.
    pub(crate) fn spans(
        &mut self,
        otlp: &OtlpSettings,
        batch: BatchSettings,
        finish: Finish<SpanData>,
    ) -> Result<BatchedSpans, ExportError> {
        let resource = Arc::<EncodedResource>::default();
        let (scopes, of_spans) = (Arc::clone(&self.scopes), Arc::clone(&resource));
        let prepare = move |batch| SpansRequest::new(batch, &scopes, &of_spans);
        let (name, max_bytes) = (name(otlp), max_bytes(otlp, batch));
        let queue = self.span_queue(&name, batch, max_bytes);
        let stats = Arc::clone(&queue) as Arc<dyn QueueStats>;
        let exporter = exporter::<Spans>(otlp, batch, Box::new(prepare), stats)?;
        let names = (name, component_of::<Spans>(otlp));
        let handle = self.pipeline(names, batch, queue, exporter, move |of_sdk| {
            resource.set(of_sdk);
        });
        Ok(BatchedSpans::new(handle, finish))
    }

    /// Adds an exporter that writes spans as lines of OTLP JSON, to a file or to standard output.
    pub(crate) fn span_lines(
        &mut self,
        file: Option<FileSettings>,
        batch: BatchSettings,
        finish: Finish<SpanData>,
    ) -> BatchedSpans {
        let resource = Arc::<EncodedResource>::default();
        let (scopes, of_spans) = (Arc::clone(&self.scopes), Arc::clone(&resource));
        let prepare = move |batch| SpansRequest::new(batch, &scopes, &of_spans);
        let name = name_of_lines(file.as_ref());
        let queue = self.span_queue(&name, batch, LINES_BATCH_BYTES);
        let set_resource = move |of_sdk: &opentelemetry_sdk::Resource| resource.set(of_sdk);
        let handle = self.lines(file, name, batch, queue, Box::new(prepare), set_resource);
        BatchedSpans::new(handle, finish)
    }

    fn lines<S: OtlpSignal>(
        &mut self,
        file: Option<FileSettings>,
        name: Arc<str>,
        batch: BatchSettings,
        queue: Arc<S::Source>,
        prepare: Prepare<S>,
        set_resource: impl Fn(&opentelemetry_sdk::Resource) + Send + Sync + 'static,
    ) -> QueueHandle<S> {
        let (timeout, to) = (batch.export_timeout, Arc::clone(&name));
        let names = (
            name,
            Cow::Owned(format!("otlp_json_lines_{}_exporter", S::COMPONENT)),
        );
        match file {
            Some(file) => {
                let lines = Lines::<S>::new(LinesFile::new(file), to, timeout, prepare);
                self.pipeline(names, batch, queue, lines, set_resource)
            }
            None => {
                let lines = Lines::<S>::new(Stdout::new(), to, timeout, prepare);
                self.pipeline(names, batch, queue, lines, set_resource)
            }
        }
    }

    /// Adds a user's exporter of spans.
    pub(crate) fn user_exporter<E: SpanExporter + 'static>(
        &mut self,
        exporter: E,
        batch: BatchSettings,
        finish: Finish<SpanData>,
    ) -> BatchedSpans {
        let resource = NewResource::default();
        let exporter = UserExporter::new(
            exporter,
            batch.export_timeout,
            Arc::clone(&self.scopes),
            resource.clone(),
        );
        let name = user_exporter::name::<E>();
        let queue = self.span_queue(&name, batch, usize::MAX);
        // By the conventions, the component type of a user's exporter is its Rust type.
        let names = (name, Cow::Borrowed(type_name::<E>()));
        let handle = self.pipeline(names, batch, queue, exporter, move |of_sdk| {
            resource.set(of_sdk);
        });
        BatchedSpans::new(handle, finish)
    }

    fn span_queue(
        &self,
        name: &Arc<str>,
        batch: BatchSettings,
        batch_bytes: usize,
    ) -> Arc<SpanQueue> {
        let wake = Arc::<Notify>::default();
        let (to_wake, home) = (Arc::clone(&wake), Home::here());
        let wakes = move || {
            // In a forked child there is no worker to wake: it is a thread of the parent.
            let is_here = home.is_here();
            if is_here {
                to_wake.notify_one();
            }
            is_here
        };
        let (bounds, name) = (bounds(batch, batch_bytes), Arc::clone(name));
        let refused = move |pushed| match pushed {
            Pushed::Full => warn_of_full_queue::<Spans>(&name, bounds),
            Pushed::FullOfBytes => warn_of_heavy_queue::<Spans>(&name, bounds),
            Pushed::Forked => warn_of_fork(),
            Pushed::Waiting | Pushed::Closed => {}
        };
        let scopes = Arc::clone(&self.scopes);
        let intake = recorder::Intake::new(bounds, scopes, Box::new(wakes), refused);
        Arc::new(SpanQueue::new(Arc::new(intake), wake))
    }

    /// Starts a worker that exports the items in the queue to their destination.
    fn pipeline<S: OtlpSignal>(
        &mut self,
        (name, component): (Arc<str>, Cow<'static, str>),
        batch: BatchSettings,
        queue: Arc<S::Source>,
        destination: impl Destination<S::Source> + Send + 'static,
        set_resource: impl Fn(&opentelemetry_sdk::Resource) + Send + Sync + 'static,
    ) -> QueueHandle<S> {
        let (worker, commands) = Worker::new(Arc::clone(&queue), destination, batch.schedule_delay);
        #[cfg(feature = "metrics")]
        let mut worker = worker;
        #[cfg(feature = "metrics")]
        self.measure::<S, _>(&mut worker, &queue, &component);
        #[cfg(not(feature = "metrics"))]
        let _ = component;
        // Cannot fail, as the thread ends only after the last pipeline.
        let _ = self.tasks.send(Box::pin(worker.run()));
        let pipeline = Pipeline {
            name,
            signal: S::PLURAL,
            commands,
            queue: Arc::clone(&queue) as Arc<dyn QueueStats>,
            home: Home::here(),
        };
        self.pipelines.push(pipeline.clone());
        QueueHandle {
            queue,
            set_resource: Box::new(set_resource),
            pipeline,
        }
    }

    #[cfg(feature = "metrics")]
    fn measure<S: OtlpSignal, D: Destination<S::Source>>(
        &mut self,
        worker: &mut Worker<S::Source, D>,
        queue: &Arc<S::Source>,
        component: &str,
    ) {
        let exporter = Component::new(component);
        self.measured.push(Measured {
            is_of_spans: S::PLURAL == Spans::PLURAL,
            processor: Component::new(&format!("batching_{}_processor", S::COMPONENT)),
            causes: worker.measured_as(&exporter),
            exporter,
            queue: Arc::clone(queue) as Arc<dyn QueueStats>,
        });
    }

    /// Runs `task` on the exporters' thread after a delay. It must not block.
    #[cfg(target_os = "linux")]
    pub(crate) fn run_later(
        &self,
        after: std::time::Duration,
        task: impl FnOnce() + Send + 'static,
    ) {
        let _ = self.tasks.send(Box::pin(async move {
            tokio::time::sleep(after).await;
            task();
        }));
    }

    /// Waits until everything that has ended was exported or failed, or until the deadline.
    pub(crate) fn flush(&self, deadline: Instant) -> Report {
        let answers: Vec<_> = self
            .pipelines
            .iter()
            .map(|each| each.flush(deadline))
            .collect();
        wait_for(&answers, deadline);
        self.report()
    }

    /// Flushes for the last time. Afterwards the counts are final, even if collectors respond later.
    pub(crate) fn shutdown(&self, deadline: Instant) -> Report {
        let answers: Vec<_> = self
            .pipelines
            .iter()
            .map(|each| each.shutdown(deadline))
            .collect();
        wait_for(&answers, deadline);
        self.pipelines.iter().for_each(|each| each.queue.finish());
        self.report()
    }

    /// The counts so far.
    pub(crate) fn report(&self) -> Report {
        Report::new(self.pipelines.iter().map(Pipeline::report).collect())
    }
}

/// Makes an exporter of any signal.
fn exporter<S: OtlpSignal>(
    otlp: &OtlpSettings,
    batch: BatchSettings,
    prepare: Prepare<S>,
    stats: Arc<dyn QueueStats>,
) -> Result<OtlpExporter<S>, ExportError> {
    let timeout = otlp.timeout.min(batch.export_timeout);
    OtlpExporter::new(otlp, timeout, max_bytes(otlp, batch), prepare, stats)
}

/// Runs the workers until the last one has ended.
fn serve(mut tasks: UnboundedReceiver<Task>, started: &SyncSender<io::Result<()>>) {
    // The exporters' requests must not make spans or log records, and the events of `tracing` that hyper emits for
    // them must not reach a subscriber, which might export them. `Dispatch::none` costs less than a subscriber that
    // does nothing, which `tracing` would call for every call site.
    let _suppressed = current_context::suppress_telemetry();
    let _silent = tracing::dispatcher::set_default(&tracing::Dispatch::none());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_name("traced-resolve")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let _ = started.send(Ok(()));
    // Calibration may take long, and nothing waits for it, not even the end of the program.
    let _ = spawn_thread("traced-clock", recorder::calibrate);
    runtime.block_on(async {
        let mut workers = tokio::task::JoinSet::new();
        while let Some(task) = tasks.recv().await {
            workers.spawn(task);
        }
        // A worker that panicked has logged the panic; the others continue.
        while workers.join_next().await.is_some() {}
    });
    // A thread of the runtime may still be resolving a host name, so this does not wait.
    runtime.shutdown_background();
}
