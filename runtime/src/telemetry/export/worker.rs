//! The task that empties one queue, on the runtime of the exporters.

use std::any::Any;
use std::borrow::Cow;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

#[cfg(feature = "metrics")]
use super::causes::Causes;
#[cfg(feature = "metrics")]
use super::component::{Component, Operations};
use super::deadline::{DEFAULT_DEADLINE, after};
use super::source::Source;
use crate::panic_hook;

/// The pause of a worker after a panic, so that a destination that always panics does not take a whole core.
const AFTER_PANIC: Duration = Duration::from_millis(100);

/// A command to a worker, for a flush or a shutdown of telemetry.
#[derive(Debug)]
pub(crate) enum Command {
    /// Answer when all items that wait now are exported or have failed.
    Flush(Instant, SyncSender<()>),
    /// Flush, then end; end at the deadline in any case.
    Shutdown(Instant, SyncSender<()>),
}

/// The destination of batches: a collector (`OtlpExporter`), lines in a file or on standard output (`Lines`), or an
/// exporter of the user (`UserExporter`).
pub(super) trait Destination<Q: Source> {
    /// Sends one batch and settles it with `progress`, at once or in parts. It may retry, but not for long while a
    /// flush or a shutdown waits. Items that it does not settle have failed.
    fn send(&mut self, batch: Q::Batch, progress: &Progress<Q>) -> impl Future<Output = ()> + Send;

    /// Reports that [`send`](Self::send) panicked. It is called again with the next batch.
    fn panicked(&self, lost: u64, message: &str);

    /// Ends the destination: no batch comes any more.
    fn shutdown(&mut self, limit: Duration) -> impl Future<Output = ()> + Send {
        let _ = limit;
        std::future::ready(())
    }
}

/// The handle with which a destination reports to its worker how the export of a batch proceeds.
pub(super) struct Progress<Q> {
    queue: Arc<Q>,
    /// Whether a flush or a shutdown waits.
    hurry: watch::Sender<bool>,
    /// The end of the pause that the destination asked for, if there is one.
    pause: watch::Sender<Option<Instant>>,
    #[cfg(feature = "metrics")]
    causes: Arc<Causes>,
}

impl<Q: Source> Progress<Q> {
    pub(crate) fn new(queue: Arc<Q>) -> Self {
        Progress {
            queue,
            hurry: watch::Sender::new(false),
            pause: watch::Sender::new(None),
            #[cfg(feature = "metrics")]
            causes: Arc::default(),
        }
    }

    /// Counts `exported` of the `taken` items as exported, and the others as failed.
    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        self.queue.settle(taken, exported);
    }

    /// Notes the `error.type` of items that failed, for metrics. [`settle`](Self::settle) is called besides.
    pub(crate) fn note_failed(&self, cause: impl FnOnce() -> Cow<'static, str>, items: u64) {
        #[cfg(feature = "metrics")]
        self.causes.note(cause(), items);
        #[cfg(not(feature = "metrics"))]
        let _ = (cause, items);
    }

    /// A receiver that says whether a flush or a shutdown waits for this batch.
    pub(crate) fn hurry(&self) -> watch::Receiver<bool> {
        self.hurry.subscribe()
    }

    /// Waits because the destination asked for it. Meanwhile nothing is sent, so a flush whose deadline is earlier is
    /// answered at once, and a worker whose deadline is earlier ends at once.
    pub(crate) async fn pause(&self, wait: Duration) {
        let resume = Instant::from_std(after(wait));
        self.pause.send_replace(Some(resume));
        sleep_until(resume).await;
        self.pause.send_replace(None);
    }
}

/// Reads one queue until it is shut down.
pub(super) struct Worker<Q, D> {
    queue: Arc<Q>,
    destination: D,
    /// How long an item waits for its batch to fill: `BatchSettings::schedule_delay`.
    delay: Duration,
    /// The time at which the waiting items are exported even if they do not fill a batch; `None` if there are none.
    due: Option<Instant>,
    commands: Commands,
    progress: Progress<Q>,
    #[cfg(feature = "metrics")]
    operations: Operations,
}

impl<Q: Source, D: Destination<Q>> Worker<Q, D> {
    pub(crate) fn new(
        queue: Arc<Q>,
        destination: D,
        delay: Duration,
    ) -> (Self, UnboundedSender<Command>) {
        let (sender, receiver) = unbounded_channel();
        let worker = Worker {
            progress: Progress::new(Arc::clone(&queue)),
            queue,
            destination,
            delay,
            due: None,
            commands: Commands::new(receiver),
            #[cfg(feature = "metrics")]
            operations: Operations::default(),
        };
        (worker, sender)
    }

    /// Measures exports under the name of a component.
    #[cfg(feature = "metrics")]
    pub(crate) fn measured_as(&mut self, component: &Component) -> Arc<Causes> {
        self.operations = Operations::of(component);
        Arc::clone(&self.progress.causes)
    }

    /// Runs until the shutdown, or until every sender of commands is dropped. After a panic, the batch that was in
    /// flight has failed.
    pub(crate) async fn run(mut self) {
        while let Err(panic) = caught(self.serve()).await {
            self.progress.pause.send_replace(None);
            let lost = self.queue.fail_in_flight();
            self.progress.note_failed(|| "panic".into(), lost);
            self.destination.panicked(lost, message(&*panic));
            self.commands.answer();
            self.progress.hurry.send_replace(self.commands.is_urgent());
            sleep(AFTER_PANIC).await;
        }
        self.queue.finish();
        let end = self.commands.end.unwrap_or_else(Instant::now);
        let left = end.saturating_duration_since(Instant::now());
        let _ = caught(timeout_at(end, self.destination.shutdown(left))).await;
        self.commands.answer_all();
    }

    async fn serve(&mut self) {
        while !self.is_over() {
            if self.is_due() || self.commands.is_urgent() {
                self.export_one().await;
                // A destination that never awaits would otherwise block the other workers on this thread.
                yield_now().await;
            } else {
                tokio::select! {
                    () = self.commands.next(&*self.queue) => {}
                    () = self.queue.woken() => {}
                    () = until(self.due) => {}
                }
                self.progress.hurry.send_replace(self.commands.is_urgent());
            }
        }
    }

    /// Whether to export now. With the first waiting item, notes when its export is due.
    fn is_due(&mut self) -> bool {
        if !self.queue.has_some() {
            self.due = None;
            return false;
        }
        let due = *self
            .due
            .get_or_insert_with(|| Instant::from_std(after(self.delay)));
        self.queue.has_batch() || Instant::now() >= due
    }

    fn is_over(&self) -> bool {
        let end = self.commands.end;
        end.is_some_and(|end| !self.queue.has_some() || Instant::now() >= end)
    }

    /// Exports one batch if there is one, and answers the flushes that are then done.
    async fn export_one(&mut self) {
        self.due = None;
        let (batch, items) = self.queue.take();
        if items > 0 {
            self.export(batch, items).await;
        }
        self.commands.answer();
        self.progress.hurry.send_replace(self.commands.is_urgent());
    }

    /// Exports one batch, and receives commands meanwhile; stops at the deadline of a shutdown.
    async fn export(&mut self, batch: Q::Batch, items: usize) {
        self.commands.taken += items as u64;
        #[cfg(feature = "metrics")]
        let began = std::time::Instant::now();
        let mut pause = self.progress.pause.subscribe();
        let mut sending = pin!(self.destination.send(batch, &self.progress));
        loop {
            tokio::select! {
                biased;
                () = &mut sending => break,
                () = until(self.commands.end) => break,
                () = self.commands.next(&*self.queue) => {}
                _ = pause.changed() => {}
            }
            self.progress.hurry.send_replace(self.commands.is_urgent());
            if let Some(resume) = *pause.borrow_and_update() {
                self.commands.release_before(resume);
                if self.commands.end.is_some_and(|end| resume >= end) {
                    // Nothing can be sent before the end any more.
                    self.commands.end = Some(Instant::now());
                    break;
                }
            }
        }
        self.progress.pause.send_replace(None);
        let unsettled = self.queue.fail_in_flight();
        if unsettled > 0 {
            // They were not settled before the deadline.
            self.progress.note_failed(|| "timeout".into(), unsettled);
        }
        #[cfg(feature = "metrics")]
        self.operations
            .record(began.elapsed(), self.progress.causes.take_last());
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// Runs a future; the error is its panic.
async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // Unwind safe: a future that panicked is not polled again, and `run` repairs the state that it borrowed.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// The message of a panic.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    panic_hook::text_of(panic).unwrap_or("a panic without a text")
}

/// The commands, and those among them that wait for an answer.
struct Commands {
    receiver: UnboundedReceiver<Command>,
    /// The number of items that were taken from the queue so far.
    taken: u64,
    flushes: Vec<Flush>,
    /// The time to stop, and the shutdowns that wait for it.
    end: Option<Instant>,
    ends: Vec<SyncSender<()>>,
}

/// A flush. It is answered when `taken` items have been taken and settled.
struct Flush {
    taken: u64,
    deadline: Instant,
    answer: SyncSender<()>,
}

impl Commands {
    fn new(receiver: UnboundedReceiver<Command>) -> Self {
        Commands {
            receiver,
            taken: 0,
            flushes: Vec::new(),
            end: None,
            ends: Vec::new(),
        }
    }

    fn is_urgent(&self) -> bool {
        self.end.is_some() || !self.flushes.is_empty()
    }

    /// Waits for a command and stores it.
    async fn next<Q: Source>(&mut self, queue: &Q) {
        match self.receiver.recv().await {
            Some(Command::Flush(deadline, answer)) => self.flushes.push(Flush {
                taken: self.taken + queue.waiting() as u64,
                deadline,
                answer,
            }),
            Some(Command::Shutdown(deadline, answer)) => {
                queue.close();
                self.end = Some(self.end.map_or(deadline, |end| end.min(deadline)));
                self.ends.push(answer);
            }
            // The last processor was dropped: the remaining items are exported until a deadline.
            None if self.end.is_none() => {
                queue.close();
                self.end = Some(Instant::from_std(after(DEFAULT_DEADLINE)));
            }
            None => pending().await,
        }
    }

    /// Answers the flushes that are done, and forgets those whose deadline has passed: their callers have gone.
    fn answer(&mut self) {
        let now = Instant::now();
        self.flushes.retain(|flush| {
            let is_done = flush.taken <= self.taken;
            if is_done {
                let _ = flush.answer.try_send(());
            }
            !is_done && now < flush.deadline
        });
    }

    /// Answers the flushes whose deadline is before `resume`, as nothing is sent before.
    fn release_before(&mut self, resume: Instant) {
        self.flushes.retain(|flush| {
            let is_vain = flush.deadline <= resume;
            if is_vain {
                let _ = flush.answer.try_send(());
            }
            !is_vain
        });
    }

    fn answer_all(&mut self) {
        let flushes = self.flushes.drain(..).map(|flush| flush.answer);
        for answer in flushes.chain(self.ends.drain(..)) {
            let _ = answer.try_send(());
        }
    }
}

#[cfg(test)]
mod tests;
