//! An exporter with its queue and its worker, as seen by a flush.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

#[cfg(feature = "metrics")]
use super::causes::Causes;
#[cfg(feature = "metrics")]
use super::component::Component;
use super::source::QueueStats;
use super::worker::Command;
use crate::fork::Home;
use crate::telemetry::report::ExporterReport;

/// The part of a deadline that is left for the answer to return, and for a thread that wakes up
/// late.
const MARGIN: u32 = 20;

/// An exporter as seen by the code that waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(super) name: Arc<str>,
    pub(super) signal: &'static str,
    pub(super) commands: UnboundedSender<Command>,
    pub(super) queue: Arc<dyn QueueStats>,
    /// The place where its worker runs.
    pub(super) home: Home,
}

/// What metrics say of one exporter. It outlives the exporter, so that the last counts are read, too.
#[cfg(feature = "metrics")]
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Whether it exports spans, or else log records.
    pub(crate) is_of_spans: bool,
    pub(crate) processor: Component,
    pub(crate) exporter: Component,
    pub(crate) queue: Arc<dyn QueueStats>,
    pub(crate) causes: Arc<Causes>,
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
        // A worker that has ended drops the command, so the receiver does not wait. The worker of a parent process is
        // sent nothing: sending wakes its thread, and takes locks that may have been held during the fork.
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

/// The receiver of a worker's answer, which comes when it is done.
pub(crate) struct Answer(Receiver<()>);

impl Answer {
    /// False when the deadline came first.
    pub(crate) fn wait(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        self.0.recv_timeout(left) != Err(RecvTimeoutError::Timeout)
    }
}

pub(super) fn wait_for(answers: &[Answer], deadline: Instant) {
    for answer in answers {
        answer.wait(deadline);
    }
}
