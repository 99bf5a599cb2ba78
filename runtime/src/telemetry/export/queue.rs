//! Where ended spans, or log records, wait for their export, and the only place where they are
//! counted.
//!
//! Whoever ends a span reserves a place with one compare-and-swap and sends it; nothing else. So
//! that no span is lost without a word, each is at any time in exactly one of five states (waiting,
//! in flight, exported, dropped, failed), and the sum of those is what has ended.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The topmost bit of `Queue::places`: nothing more comes in.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// A bounded queue of `T`, with the fate of everything that ever came.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    /// How many wait, and whether the queue is closed.
    places: AtomicUsize,
    max_waiting: usize,
    max_batch: usize,
    sender: Sender<T>,
    /// Came when all places were taken, or after the end.
    refused: AtomicU64,
    /// Wakes the worker: a batch is full.
    pub(crate) batch_is_full: Notify,
    settled: Mutex<Settled>,
}

/// What has left the queue; written once a batch.
#[derive(Debug, Default)]
struct Settled {
    in_flight: u64,
    exported: u64,
    failed: u64,
    /// Waited when time was up.
    abandoned: u64,
    /// Whether the counts are final.
    over: bool,
}

/// The fate of what ended, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// In the queue, or on their way.
    pub(crate) pending: u64,
    pub(crate) exported: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
}

/// What became of one that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    Waiting,
    /// All places were taken; how many were refused so far, this one included.
    Full(u64),
    /// The queue is closed.
    Closed,
}

impl<T> Queue<T> {
    /// A queue and the end that the worker reads.
    pub(crate) fn new(max_waiting: usize, max_batch: usize) -> (Self, Receiver<T>) {
        let (sender, receiver) = channel();
        let max_waiting = max_waiting.clamp(1, CLOSED - 1);
        let queue = Queue {
            places: AtomicUsize::new(0),
            max_waiting,
            max_batch: max_batch.clamp(1, max_waiting),
            sender,
            refused: AtomicU64::new(0),
            batch_is_full: Notify::new(),
            settled: Mutex::default(),
        };
        (queue, receiver)
    }

    /// Never blocks, and wakes the worker only with the span that fills a batch.
    pub(crate) fn push(&self, item: T) -> Pushed {
        // A place is reserved by comparing, not by adding and taking back: a place that is only
        // tried for would be taken from somebody else, or counted twice in a report.
        let mut places = self.places.load(Ordering::Relaxed);
        loop {
            if places >= self.max_waiting {
                return self.refuse(places);
            }
            let reserved = self.places.compare_exchange_weak(
                places,
                places + 1,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match reserved {
                Ok(_) => break,
                Err(now) => places = now,
            }
        }
        // Without a worker (it panicked) what waits is counted when the queue ends.
        let _ = self.sender.send(item);
        if places + 1 == self.max_batch {
            self.batch_is_full.notify_one();
        }
        Pushed::Waiting
    }

    #[cold]
    fn refuse(&self, places: usize) -> Pushed {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        match places & CLOSED {
            0 => Pushed::Full(refused),
            _ => Pushed::Closed,
        }
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.places.load(Ordering::Acquire) & !CLOSED
    }

    pub(crate) fn max_waiting(&self) -> usize {
        self.max_waiting
    }

    /// Whether a whole batch waits.
    pub(crate) fn has_batch(&self) -> bool {
        self.waiting() >= self.max_batch
    }

    /// Takes up to a batch; from now until [`settle`](Self::settle) it is in flight.
    pub(crate) fn take(&self, receiver: &Receiver<T>) -> Vec<T> {
        let mut settled = self.settled();
        if settled.over {
            return Vec::new();
        }
        let taken: Vec<T> = receiver.try_iter().take(self.max_batch).collect();
        settled.in_flight += taken.len() as u64;
        self.places.fetch_sub(taken.len(), Ordering::AcqRel);
        taken
    }

    /// Of `taken` that were in flight, `exported` have arrived.
    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        let mut settled = self.settled();
        // After the end they were counted as failed.
        if !settled.over {
            let exported = exported.min(taken);
            settled.in_flight -= taken;
            settled.exported += exported;
            settled.failed += taken - exported;
        }
    }

    /// Refuses everything from now on.
    pub(crate) fn close(&self) {
        self.places.fetch_or(CLOSED, Ordering::AcqRel);
    }

    /// Ends all accounts: what is in flight has failed, what waits is dropped.
    pub(crate) fn finish(&self) {
        self.close();
        let mut settled = self.settled();
        if !settled.over {
            settled.over = true;
            settled.failed += std::mem::take(&mut settled.in_flight);
            settled.abandoned = self.waiting() as u64;
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let settled = self.settled();
        let waiting = match settled.over {
            true => 0,
            false => self.waiting() as u64,
        };
        Counts {
            pending: waiting + settled.in_flight,
            exported: settled.exported,
            dropped: settled.abandoned + self.refused.load(Ordering::Relaxed),
            failed: settled.failed,
        }
    }

    fn settled(&self) -> MutexGuard<'_, Settled> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(counts: Counts) -> u64 {
        counts.pending + counts.exported + counts.dropped + counts.failed
    }

    #[test]
    fn each_is_in_one_place_at_any_time() {
        let (queue, receiver) = Queue::new(3, 2);
        let pushed: Vec<Pushed> = (0..5).map(|item| queue.push(item)).collect();
        assert_eq!(
            pushed[2..],
            [Pushed::Waiting, Pushed::Full(1), Pushed::Full(2)]
        );
        assert_eq!(queue.take(&receiver), [0, 1]);
        assert_eq!(sum(queue.counts()), 5);
        queue.settle(2, 1);
        queue.finish();
        assert_eq!(queue.push(5), Pushed::Closed);
        let counts = Counts {
            pending: 0,
            exported: 1,
            dropped: 4,
            failed: 1,
        };
        assert_eq!(queue.counts(), counts);
    }

    #[test]
    fn the_end_settles_what_is_in_flight_for_good() {
        let (queue, receiver) = Queue::new(8, 4);
        for item in 0..6 {
            queue.push(item);
        }
        assert_eq!(queue.take(&receiver).len(), 4);
        queue.finish();
        queue.settle(4, 4);
        assert!(queue.take(&receiver).is_empty());
        let counts = queue.counts();
        assert_eq!((counts.failed, counts.dropped, counts.exported), (4, 2, 0));
    }

    #[test]
    fn none_is_uncounted_whatever_the_size() {
        for size in [1, 64, 2048, 1_000_000] {
            let (queue, receiver) = Queue::new(size, 512);
            let taken = std::thread::scope(|scope| {
                let producers: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            for item in 0..50_000 {
                                queue.push(item);
                            }
                        })
                    })
                    .collect();
                let mut taken = 0;
                while producers.iter().any(|producer| !producer.is_finished()) {
                    let batch = queue.take(&receiver).len() as u64;
                    queue.settle(batch, batch);
                    taken += batch;
                }
                taken
            });
            assert_eq!(queue.counts().exported, taken, "queue of {size}");
            assert_eq!(sum(queue.counts()), 200_000, "queue of {size}");
            queue.finish();
            assert_eq!(sum(queue.counts()), 200_000, "queue of {size}");
        }
    }
}
