//! What empties one queue: a task on the runtime of the exporters.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::DEFAULT_DEADLINE;
use super::queue::Queue;

/// What a worker can be asked for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Answer when all that waits now was exported, or failed.
    Flush(Instant, SyncSender<()>),
    /// The same, then end; at the deadline in any case.
    Shutdown(Instant, SyncSender<()>),
}

/// How a batch reaches its destination.
pub(crate) trait Destination<T> {
    /// Sends one batch and says how many have arrived; tries again as it sees fit, but briefly once
    /// `hurry` is true: somebody waits.
    fn send(
        &mut self,
        batch: Vec<T>,
        hurry: watch::Receiver<bool>,
    ) -> impl Future<Output = u64> + Send;
}

/// Reads one queue until it is shut down.
pub(crate) struct Worker<T, D> {
    queue: Arc<Queue<T>>,
    destination: D,
    delay: Duration,
    requests: Requests,
}

impl<T: Send, D: Destination<T>> Worker<T, D> {
    pub(crate) fn new(
        queue: Arc<Queue<T>>,
        destination: D,
        delay: Duration,
    ) -> (Self, UnboundedSender<Command>) {
        let (sender, commands) = unbounded_channel();
        let worker = Worker {
            queue,
            destination,
            delay,
            requests: Requests::new(commands),
        };
        (worker, sender)
    }

    /// Runs until the shutdown, or until nobody is left who could ask for one.
    pub(crate) async fn run(mut self) {
        let mut due = Instant::now() + self.delay;
        while !self.is_over() {
            let is_due = self.queue.has_batch() || Instant::now() >= due;
            if is_due || self.requests.is_urgent() {
                self.export_one().await;
                due = Instant::now() + self.delay;
            } else {
                tokio::select! {
                    () = self.requests.next(&self.queue) => {}
                    () = self.queue.batch_is_full.notified() => {}
                    () = sleep_until(due) => {}
                }
            }
        }
        self.queue.finish();
        self.requests.answer_all();
    }

    fn is_over(&self) -> bool {
        let end = self.requests.end;
        end.is_some_and(|end| self.queue.waiting() == 0 || Instant::now() >= end)
    }

    /// Exports one batch if there is one, and answers those who waited for no more than that.
    async fn export_one(&mut self) {
        let batch = self.queue.take();
        if !batch.is_empty() {
            self.export(batch).await;
        }
        self.requests.answer();
    }

    /// Exports one batch, and listens meanwhile; gives up when time is up.
    async fn export(&mut self, batch: Vec<T>) {
        let taken = batch.len() as u64;
        self.requests.taken += taken;
        let hurry = self.requests.hurry.subscribe();
        let mut sending = pin!(self.destination.send(batch, hurry));
        let exported = loop {
            tokio::select! {
                biased;
                exported = &mut sending => break exported,
                () = end_of(self.requests.end) => break 0,
                () = self.requests.next(&self.queue) => {}
            }
        };
        self.queue.settle(taken, exported);
    }
}

async fn end_of(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Those who wait, and for what.
struct Requests {
    commands: UnboundedReceiver<Command>,
    /// Whether anybody waits; for the destination.
    hurry: watch::Sender<bool>,
    /// How many were taken from the queue so far.
    taken: u64,
    flushes: Vec<Flush>,
    /// When to stop, and who waits for that.
    end: Option<Instant>,
    ends: Vec<SyncSender<()>>,
}

/// Waits until so many were taken and settled.
struct Flush {
    taken: u64,
    deadline: Instant,
    answer: SyncSender<()>,
}

impl Requests {
    fn new(commands: UnboundedReceiver<Command>) -> Self {
        Requests {
            commands,
            hurry: watch::Sender::new(false),
            taken: 0,
            flushes: Vec::new(),
            end: None,
            ends: Vec::new(),
        }
    }

    fn is_urgent(&self) -> bool {
        self.end.is_some() || !self.flushes.is_empty()
    }

    /// Waits for a command, and notes it.
    async fn next<T>(&mut self, queue: &Queue<T>) {
        match self.commands.recv().await {
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
            // The last processor is gone: what it left is exported, but not for ever.
            None if self.end.is_none() => {
                queue.close();
                self.end = Some(Instant::now() + DEFAULT_DEADLINE);
            }
            None => pending().await,
        }
        self.hurry.send_replace(self.is_urgent());
    }

    /// Answers the flushes that have come to their end. Who does not listen any more had a deadline.
    fn answer(&mut self) {
        let now = Instant::now();
        self.flushes.retain(|flush| {
            let is_done = flush.taken <= self.taken;
            if is_done {
                let _ = flush.answer.try_send(());
            }
            !is_done && now < flush.deadline
        });
        self.hurry.send_replace(self.is_urgent());
    }

    fn answer_all(&mut self) {
        let flushes = self.flushes.drain(..).map(|flush| flush.answer);
        for answer in flushes.chain(self.ends.drain(..)) {
            let _ = answer.try_send(());
        }
    }
}
