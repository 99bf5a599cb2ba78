//! Exporting: one thread with a runtime of its own, and on it a worker for each exporter.
//!
//! ```text
//! span ends ─► slot of the thread ─ ─ (thread `traced-export`) ─ ─► Worker ─► Exporter ─► http / grpc
//!                  └───────────── counts, read by the guard ◄─────────┘
//! ```
//!
//! The application's runtime is never touched: there may be none, one that is not driven while a
//! guard is dropped, or one that is gone. The runtime here is driven all the time, so that
//! connections live between exports.

mod answer;
mod client;
mod connect;
mod failure;
mod grpc;
mod http;
mod json;
mod otlp;
mod outage;
mod own;
mod queue;
#[cfg(feature = "logs")]
mod records;
mod retry;
mod signal;
mod source;
mod spans;
#[cfg(feature = "tls")]
mod tls;
mod voice;
mod worker;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::failure::Failure;
pub(crate) use self::otlp::Finish;
use self::otlp::{Exporter, Prepare, Resource};
use self::own::Own;
#[cfg(feature = "logs")]
use self::queue::Queue;
#[cfg(feature = "logs")]
use self::records::Records;
#[cfg(feature = "logs")]
pub(crate) use self::records::{BatchedRecords, Record};
use self::signal::Signal;
use self::source::Ledger;
pub(crate) use self::spans::BatchedSpans;
use self::spans::{EncodedResource, SpanQueue, Spans, SpansRequest};
use self::worker::{Command, Destination, Worker};
use super::report::{ExporterReport, Report};
use super::settings::{Batch, Otlp, Protocol};
use crate::current_context;
use crate::fork::Home;
use crate::notice::{self, Level};
use crate::recorder::sink::{Bounds, Pushed};
use crate::recorder::{self, Scopes};
use crate::thread::spawn_thread;

/// How long a flush or a shutdown may take where nobody said.
pub(crate) const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

/// The longest time that is reckoned with: longer ones, from code, a variable or a collector, could
/// overflow a clock.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The moment when `time` has passed from now on.
pub(crate) fn after(time: Duration) -> Instant {
    Instant::now() + time.min(FOR_EVER)
}

/// Of a deadline, what is left to the way back: the answer, and a thread that wakes up late.
const MARGIN: u32 = 20;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread of the exporters, and a handle to each of them.
#[derive(Debug)]
pub(crate) struct Exporting {
    tasks: UnboundedSender<Task>,
    pipelines: Vec<Pipeline>,
    /// By which all exporters group their spans.
    scopes: Arc<Scopes>,
}

impl Exporting {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The operating system gives no thread, or no event queue.
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
        })
    }

    /// The scopes by which all exporters group their spans.
    pub(crate) fn scopes(&self) -> &Arc<Scopes> {
        &self.scopes
    }

    /// An exporter of spans. `finish` is applied to each span that comes from the SDK's provider.
    ///
    /// # Errors
    ///
    /// [`ExportError`]: nothing could be exported to that destination, whatever happens.
    pub(crate) fn spans(
        &mut self,
        otlp: &Otlp,
        batch: Batch,
        finish: Finish<SpanData>,
    ) -> Result<BatchedSpans, ExportError> {
        let resource = Arc::<EncodedResource>::default();
        let (scopes, of_spans) = (Arc::clone(&self.scopes), Arc::clone(&resource));
        let prepare = move |batch| SpansRequest::new(batch, &scopes, &of_spans);
        let (name, max_bytes) = (name(otlp), max_bytes(otlp, batch));
        let queue = self.span_queue(&name, batch, max_bytes);
        let ledger = Arc::clone(&queue) as Arc<dyn Ledger>;
        let exporter = exporter::<Spans>(otlp, batch, Box::new(prepare), ledger)?;
        let intake = self.pipeline(name, batch, queue, exporter, move |of_sdk| {
            resource.set(of_sdk);
        });
        Ok(BatchedSpans::new(intake, finish))
    }

    /// An exporter of log records. `finish` is applied to each on the exporters' thread.
    ///
    /// # Errors
    ///
    /// [`ExportError`]: nothing could be exported to that destination, whatever happens.
    #[cfg(feature = "logs")]
    pub(crate) fn records(
        &mut self,
        otlp: &Otlp,
        batch: Batch,
        finish: Finish<Record>,
    ) -> Result<BatchedRecords, ExportError> {
        let resource = Resource::default();
        let of_records = Arc::clone(&resource);
        let prepare = move |mut batch: Vec<Record>| {
            batch.iter_mut().for_each(|record| finish(record));
            let empty = ResourceAttributesWithSchema::default();
            records::request(batch, of_records.get().unwrap_or(&empty))
        };
        let queue = Arc::new(Queue::new(bounds(batch, max_bytes(otlp, batch))));
        let ledger = Arc::clone(&queue) as Arc<dyn Ledger>;
        let exporter = exporter::<Records>(otlp, batch, Box::new(prepare), ledger)?;
        let intake = self.pipeline(name(otlp), batch, queue, exporter, move |of_sdk| {
            // A processor belongs to one provider, which says this once.
            let _ = resource.set(ResourceAttributesWithSchema::from(of_sdk));
        });
        Ok(BatchedRecords::new(intake))
    }

    /// An exporter of spans of the user's own.
    pub(crate) fn own<E: SpanExporter + 'static>(
        &mut self,
        exporter: E,
        batch: Batch,
        finish: Finish<SpanData>,
    ) -> BatchedSpans {
        let (own, jobs) = Own::new(exporter, batch.export_timeout, Arc::clone(&self.scopes));
        let name = own::name::<E>();
        let queue = self.span_queue(&name, batch, usize::MAX);
        let intake = self.pipeline(name, batch, queue, own, move |of_sdk| {
            let _ = jobs.send(own::Job::Resource(of_sdk.clone()));
        });
        BatchedSpans::new(intake, finish)
    }

    fn span_queue(&self, name: &Arc<str>, batch: Batch, batch_bytes: usize) -> Arc<SpanQueue> {
        let wake = Arc::<Notify>::default();
        let (to_wake, home) = (Arc::clone(&wake), Home::here());
        let wakes = move || {
            // The worker that would be woken in a child is a thread of the parent's.
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
            Pushed::Forked => notice::forked(),
            Pushed::Waiting | Pushed::Closed => {}
        };
        let scopes = Arc::clone(&self.scopes);
        let intake = recorder::Intake::new(bounds, scopes, Box::new(wakes), refused);
        Arc::new(SpanQueue::new(Arc::new(intake), wake))
    }

    /// A worker that brings what waits in the queue to its destination.
    fn pipeline<S: Signal>(
        &mut self,
        name: Arc<str>,
        batch: Batch,
        queue: Arc<S::Source>,
        destination: impl Destination<S::Source> + Send + 'static,
        set_resource: impl Fn(&opentelemetry_sdk::Resource) + Send + Sync + 'static,
    ) -> Intake<S> {
        let (worker, commands) = Worker::new(Arc::clone(&queue), destination, batch.schedule_delay);
        // The thread ends only with the last pipeline.
        let _ = self.tasks.send(Box::pin(worker.run()));
        let pipeline = Pipeline {
            name,
            signal: S::PLURAL,
            commands,
            queue: Arc::clone(&queue) as Arc<dyn Ledger>,
            home: Home::here(),
        };
        self.pipelines.push(pipeline.clone());
        Intake {
            queue,
            set_resource: Box::new(set_resource),
            pipeline,
        }
    }

    /// Runs `task` on the exporters' thread after a while. It must not block.
    #[cfg(target_os = "linux")]
    pub(crate) fn run_later(&self, after: Duration, task: impl FnOnce() + Send + 'static) {
        let _ = self.tasks.send(Box::pin(async move {
            tokio::time::sleep(after).await;
            task();
        }));
    }

    /// Waits until what has ended was exported, or failed, but not past the deadline.
    pub(crate) fn flush(&self, deadline: Instant) -> Report {
        let answers: Vec<_> = self
            .pipelines
            .iter()
            .map(|each| each.flush(deadline))
            .collect();
        wait_for(&answers, deadline);
        self.report()
    }

    /// The same, for the last time: afterwards the counts are final, whatever the collectors do.
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

    /// The fate of everything so far.
    pub(crate) fn report(&self) -> Report {
        Report::new(self.pipelines.iter().map(Pipeline::report).collect())
    }
}

/// Where the items of one signal go in.
pub(crate) struct Intake<S: Signal> {
    queue: Arc<S::Source>,
    set_resource: Box<dyn Fn(&opentelemetry_sdk::Resource) + Send + Sync>,
    pipeline: Pipeline,
}

impl<S: Signal> fmt::Debug for Intake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}

impl<S: Signal> Intake<S> {
    /// What the SDK's `force_flush` of a processor is: not a flush of the guard, which asks all
    /// exporters at once.
    fn flush(&self) -> OTelSdkResult {
        if self.queue.is_over() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        let deadline = after(DEFAULT_DEADLINE);
        match self.pipeline.flush(deadline).wait(deadline) {
            true => Ok(()),
            false => Err(OTelSdkError::Timeout(DEFAULT_DEADLINE)),
        }
    }

    fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        let deadline = after(timeout);
        // The guard may have ended it before: there is nothing to wait for, whatever the worker does.
        let is_done = self.queue.is_over() || self.pipeline.shutdown(deadline).wait(deadline);
        self.queue.finish();
        let report = self.pipeline.report();
        match (is_done, report.dropped + report.failed) {
            (true, 0) => Ok(()),
            (true, _) => Err(OTelSdkError::InternalFailure(report.to_string())),
            (false, _) => Err(OTelSdkError::Timeout(timeout)),
        }
    }

    fn set_resource(&self, resource: &opentelemetry_sdk::Resource) {
        (self.set_resource)(resource);
    }
}

/// An exporter of any signal.
fn exporter<S: Signal>(
    otlp: &Otlp,
    batch: Batch,
    prepare: Prepare<S>,
    ledger: Arc<dyn Ledger>,
) -> Result<Exporter<S>, ExportError> {
    let timeout = otlp.timeout.min(batch.export_timeout);
    Exporter::new(otlp, timeout, max_bytes(otlp, batch), prepare, ledger)
}

/// How many bytes a request has at most, and makes an export worth it.
fn max_bytes(otlp: &Otlp, batch: Batch) -> usize {
    let max_bytes = batch.max_export_batch_bytes;
    max_bytes.unwrap_or_else(|| default_max_bytes(otlp.protocol))
}

fn bounds(batch: Batch, batch_bytes: usize) -> Bounds {
    Bounds {
        items: batch.max_queue_size,
        bytes: batch.max_queue_bytes,
        batch: batch.max_export_batch_size,
        batch_bytes,
    }
}

#[cold]
fn warn_of_full_queue<S: Signal>(name: &str, bounds: Bounds) {
    let (size, signal, variable) = (bounds.items, S::PLURAL, S::QUEUE_SIZE);
    notice::once(
        Level::Error,
        &format!("full queue of {signal} for {name}"),
        format_args!(
            "the queue of {size} {signal} for {name} is full; {signal} are dropped from now on, \
             1 so far, and counted. {variable} makes the queue longer"
        ),
    );
}

#[cold]
fn warn_of_heavy_queue<S: Signal>(name: &str, bounds: Bounds) {
    let (bytes, signal) = (bounds.bytes, S::PLURAL);
    notice::once(
        Level::Error,
        &format!("full queue of {signal} for {name}"),
        format_args!(
            "the {signal} that wait for {name} hold {bytes} bytes, as many as they may; {signal} \
             are dropped from now on, 1 so far, and counted. `Batch::max_queue_bytes` lets them \
             hold more"
        ),
    );
}

/// One exporter, as those see it who wait for it.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    name: Arc<str>,
    signal: &'static str,
    commands: UnboundedSender<Command>,
    queue: Arc<dyn Ledger>,
    /// Where its worker is.
    home: Home,
}

impl Pipeline {
    pub(crate) fn flush(&self, deadline: Instant) -> Answer {
        self.ask(|answer| Command::Flush(deadline.into(), answer))
    }

    pub(crate) fn shutdown(&self, deadline: Instant) -> Answer {
        self.queue.close();
        let left = deadline.saturating_duration_since(Instant::now());
        let end = deadline.checked_sub(left / MARGIN).unwrap_or(deadline);
        self.ask(|answer| Command::Shutdown(end.into(), answer))
    }

    fn ask(&self, command: impl FnOnce(SyncSender<()>) -> Command) -> Answer {
        let (answer, receiver) = sync_channel(1);
        // A worker that is gone drops the command, and with it our waiting. One of a parent is not
        // even asked: whoever sends wakes its thread, and there may be locks that nobody frees.
        if self.home.is_here() {
            let _ = self.commands.send(command(answer));
        }
        Answer(receiver)
    }

    pub(crate) fn report(&self) -> ExporterReport {
        let counts = self.queue.counts();
        ExporterReport {
            exporter: self.name.to_string(),
            signal: self.signal,
            ended: counts.pending + counts.exported + counts.dropped + counts.failed,
            exported: counts.exported,
            dropped: counts.dropped,
            failed: counts.failed,
            pending: counts.pending,
        }
    }
}

/// What a worker answers when it is done.
pub(crate) struct Answer(Receiver<()>);

impl Answer {
    /// False when the deadline came first.
    pub(crate) fn wait(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        self.0.recv_timeout(left) != Err(RecvTimeoutError::Timeout)
    }
}

fn wait_for(answers: &[Answer], deadline: Instant) {
    for answer in answers {
        answer.wait(deadline);
    }
}

/// What collectors take of a request where nobody configured them: gRPC's libraries 4 MiB, the
/// OpenTelemetry Collector 20 MiB over HTTP.
fn default_max_bytes(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Grpc => 4 << 20,
        Protocol::HttpProtobuf | Protocol::HttpJson => 20 << 20,
    }
}

/// How a report calls the exporter.
fn name(otlp: &Otlp) -> Arc<str> {
    let protocol = match otlp.protocol {
        Protocol::Grpc => "grpc",
        Protocol::HttpProtobuf => "http/protobuf",
        Protocol::HttpJson => "http/json",
    };
    format!("otlp {protocol} {}", client::shown(otlp)).into()
}

/// Runs the workers until the last one has ended.
fn serve(mut tasks: UnboundedReceiver<Task>, started: &SyncSender<io::Result<()>>) {
    // Requests of ours are nobody's spans and nobody's log records ...
    let _suppressed = current_context::suppress_telemetry();
    // ... and what hyper says of them through `tracing` comes to no subscriber, which might export it.
    // A subscriber that does nothing would do, but `tracing` would ask it of every call site.
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
    runtime.block_on(async {
        let mut workers = tokio::task::JoinSet::new();
        while let Some(task) = tasks.recv().await {
            workers.spawn(task);
        }
        // One that panicked has said so; the others go on.
        while workers.join_next().await.is_some() {}
    });
    // Somebody may still be resolved.
    runtime.shutdown_background();
}

/// Why an exporter cannot be built.
#[derive(Debug)]
pub(crate) enum ExportError {
    /// No scheme, or no host.
    Endpoint(String),
    /// An `https` endpoint, and no feature `tls`.
    #[cfg(not(feature = "tls"))]
    NoTls(String),
    /// A file of certificates or keys, and what is wrong with it.
    #[cfg(feature = "tls")]
    Tls(String),
    /// One of client key and client certificate without the other: what is missing, what is there.
    #[cfg(feature = "tls")]
    HalfAnIdentity(&'static str, &'static str),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Endpoint(endpoint) => write!(
                f,
                "`{endpoint}` is no endpoint; OTEL_EXPORTER_OTLP_ENDPOINT is a URL \
                 such as `http://localhost:4318`"
            ),
            #[cfg(not(feature = "tls"))]
            ExportError::NoTls(endpoint) => write!(
                f,
                "`{endpoint}` of OTEL_EXPORTER_OTLP_ENDPOINT needs TLS; \
                 turn on the feature `tls` of `traced`, or write `http://`"
            ),
            #[cfg(feature = "tls")]
            ExportError::Tls(what) => write!(
                f,
                "no TLS with the files of OTEL_EXPORTER_OTLP_CERTIFICATE, \
                 OTEL_EXPORTER_OTLP_CLIENT_KEY and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: {what}"
            ),
            #[cfg(feature = "tls")]
            ExportError::HalfAnIdentity(missing, given) => write!(
                f,
                "a client {given} without a client {missing}; set OTEL_EXPORTER_OTLP_CLIENT_KEY \
                 and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, both or neither"
            ),
        }
    }
}

impl std::error::Error for ExportError {}
