//! The handle with which a flush, a shutdown and a report reach an exporter's worker and queue.

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

/// The worker ends earlier than the deadline by this fraction of the time, so that its answer arrives before the
/// deadline.
const MARGIN: u32 = 20;

/// An exporter with its worker and its queue.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(super) name: Arc<str>,
    pub(super) signal: &'static str,
    pub(super) commands: UnboundedSender<Command>,
    pub(super) queue: Arc<dyn QueueStats>,
    /// The process in which its worker runs.
    pub(super) home: Home,
}

/// The source of the metrics of one exporter. It outlives the exporter, so that its last counts are read, too.
#[cfg(feature = "metrics")]
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Whether it exports spans; otherwise it exports log records.
    pub(crate) is_of_spans: bool,
    pub(crate) processor: Component,
    pub(crate) exporter: Component,
    pub(crate) queue: Arc<dyn QueueStats>,
    pub(crate) causes: Arc<Causes>,
}

impl Pipeline {
    pub(crate) fn flush(&self, deadline: Instant) -> Answer {
        self.send(|answer| Command::Flush(deadline.into(), answer))
    }

    pub(crate) fn shutdown(&self, deadline: Instant) -> Answer {
        self.queue.close();
        let left = deadline.saturating_duration_since(Instant::now());
        let end = deadline.checked_sub(left / MARGIN).unwrap_or(deadline);
        self.send(|answer| Command::Shutdown(end.into(), answer))
    }

    fn send(&self, command: impl FnOnce(SyncSender<()>) -> Command) -> Answer {
        let (answer, receiver) = sync_channel(1);
        // A worker that has ended drops the command, so the receiver does not wait. In a forked child nothing is sent:
        // sending would wake a thread of the parent and take locks that may have been held during the fork.
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

/// The receiver of a worker's answer, which is sent when the command is done.
pub(crate) struct Answer(Receiver<()>);

impl Answer {
    /// Waits for the answer. False if the deadline came first.
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
