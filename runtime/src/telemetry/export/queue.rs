//! Where ended spans, or log records, wait for their export, and the only place where they are
//! counted.
//!
//! Each is at any time in exactly one of five states (waiting, in flight, exported, dropped,
//! failed), and the sum of those is what has ended: all five are behind one lock. Whoever ends a
//! span holds that lock for the move of one span and nothing else; a channel without locks needs two
//! contended words for the same, and took longer (see `ARCHITECTURE.md`). Nothing is allocated or
//! freed under it: an allocator may be somebody's annotated function.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// At most so many in a row of memory: what allocators keep at hand.
const MAX_CHUNK: usize = 256;

/// Empty rows that are kept for later.
const MAX_SPARE: usize = 4;

/// A bounded queue of `T`, with the fate of everything that ever came.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    max_waiting: usize,
    /// A batch is this many chunks of `chunk`.
    chunks: usize,
    chunk: usize,
    inner: Mutex<Inner<T>>,
    /// Wakes the worker: a batch is full.
    pub(crate) batch_is_full: Notify,
}

#[derive(Debug)]
struct Inner<T> {
    /// What came last, in a chunk that was allocated outside; none at first.
    current: Vec<T>,
    /// What came before, in order; has room for all that may wait.
    full: VecDeque<Vec<T>>,
    /// Empty chunks; has room for [`MAX_SPARE`].
    spare: Vec<Vec<T>>,
    /// How many are in `current` and `full`.
    waiting: usize,
    in_flight: u64,
    exported: u64,
    dropped: u64,
    failed: u64,
    /// Nothing comes in any more.
    is_closed: bool,
    /// The counts are final, but for what comes too late and is dropped.
    is_over: bool,
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
    /// All places were taken; how many were dropped so far, this one included.
    Full(u64),
    /// The queue is closed.
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(max_waiting: usize, max_batch: usize) -> Self {
        let max_waiting = max_waiting.max(1);
        let max_batch = max_batch.clamp(1, max_waiting);
        let chunks = max_batch.div_ceil(MAX_CHUNK);
        let chunk = max_batch / chunks;
        Queue {
            max_waiting,
            chunks,
            chunk,
            inner: Mutex::new(Inner {
                current: Vec::new(),
                full: VecDeque::with_capacity(max_waiting / chunk + 1),
                spare: Vec::with_capacity(MAX_SPARE),
                waiting: 0,
                in_flight: 0,
                exported: 0,
                dropped: 0,
                failed: 0,
                is_closed: false,
                is_over: false,
            }),
            batch_is_full: Notify::new(),
        }
    }

    /// Never waits for the worker, and wakes it only with the one that fills a batch.
    pub(crate) fn push(&self, item: T) -> Pushed {
        let mut inner = self.inner();
        let waiting = loop {
            if inner.is_closed || inner.waiting >= self.max_waiting {
                inner.dropped += 1;
                let pushed = match inner.is_closed {
                    true => Pushed::Closed,
                    false => Pushed::Full(inner.dropped),
                };
                // The item goes after the lock.
                drop(inner);
                return pushed;
            }
            if inner.has_room(self.chunk) {
                inner.current.push(item);
                inner.waiting += 1;
                break inner.waiting;
            }
            drop(inner);
            let fresh = Vec::with_capacity(self.chunk);
            inner = self.inner();
            // Somebody else may have come with one meanwhile.
            let leftover = inner.keep(fresh);
            if leftover.is_some() {
                drop(inner);
                drop(leftover);
                inner = self.inner();
            }
        };
        drop(inner);
        if waiting == self.chunk * self.chunks {
            self.batch_is_full.notify_one();
        }
        Pushed::Waiting
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.inner().waiting
    }

    pub(crate) fn max_waiting(&self) -> usize {
        self.max_waiting
    }

    /// Whether a whole batch waits.
    pub(crate) fn has_batch(&self) -> bool {
        self.waiting() >= self.chunk * self.chunks
    }

    /// Takes up to a batch, the oldest first; from now until [`settle`](Self::settle) it is in
    /// flight.
    pub(crate) fn take(&self) -> Vec<T> {
        let mut taken: Vec<Vec<T>> = Vec::with_capacity(self.chunks);
        let mut inner = self.inner();
        while taken.len() < self.chunks && inner.waiting > 0 && !inner.is_over {
            let oldest = inner.full.pop_front();
            let chunk = oldest.unwrap_or_else(|| mem::take(&mut inner.current));
            inner.waiting -= chunk.len();
            inner.in_flight += chunk.len() as u64;
            taken.push(chunk);
        }
        drop(inner);
        let mut batch = Vec::with_capacity(taken.iter().map(Vec::len).sum());
        for mut chunk in taken {
            batch.append(&mut chunk);
            let leftover = self.inner().keep(chunk);
            drop(leftover);
        }
        batch
    }

    /// Of `taken` that were in flight, `exported` have arrived.
    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        let mut inner = self.inner();
        // After the end they were counted as failed.
        if !inner.is_over {
            let exported = exported.min(taken);
            inner.in_flight -= taken;
            inner.exported += exported;
            inner.failed += taken - exported;
        }
    }

    /// Drops whatever comes from now on.
    pub(crate) fn close(&self) {
        self.inner().is_closed = true;
    }

    /// Ends all accounts: what is in flight has failed, what waits is dropped.
    pub(crate) fn finish(&self) {
        let mut inner = self.inner();
        if inner.is_over {
            return;
        }
        inner.is_closed = true;
        inner.is_over = true;
        inner.failed += mem::take(&mut inner.in_flight);
        inner.dropped += mem::take(&mut inner.waiting) as u64;
        let left = (mem::take(&mut inner.current), mem::take(&mut inner.full));
        let spare = mem::take(&mut inner.spare);
        drop(inner);
        drop((left, spare));
    }

    pub(crate) fn counts(&self) -> Counts {
        let inner = self.inner();
        Counts {
            pending: inner.waiting as u64 + inner.in_flight,
            exported: inner.exported,
            dropped: inner.dropped,
            failed: inner.failed,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Inner<T> {
    /// Makes room in the current chunk, if an empty one is at hand.
    fn has_room(&mut self, chunk: usize) -> bool {
        if self.current.len() < chunk && self.current.capacity() > 0 {
            return true;
        }
        let Some(empty) = self.spare.pop() else {
            return false;
        };
        let full = mem::replace(&mut self.current, empty);
        if !full.is_empty() {
            self.full.push_back(full);
        }
        true
    }

    /// Keeps an empty chunk for later, or gives it back.
    fn keep(&mut self, chunk: Vec<T>) -> Option<Vec<T>> {
        if self.spare.len() < MAX_SPARE {
            self.spare.push(chunk);
            return None;
        }
        Some(chunk)
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
        let queue = Queue::new(3, 2);
        let pushed: Vec<Pushed> = (0..5).map(|item| queue.push(item)).collect();
        assert_eq!(
            pushed[2..],
            [Pushed::Waiting, Pushed::Full(1), Pushed::Full(2)]
        );
        assert_eq!(queue.take(), [0, 1]);
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
        let queue = Queue::new(8, 4);
        for item in 0..6 {
            queue.push(item);
        }
        assert_eq!(queue.take().len(), 4);
        queue.finish();
        queue.settle(4, 4);
        assert!(queue.take().is_empty());
        let counts = queue.counts();
        assert_eq!((counts.failed, counts.dropped, counts.exported), (4, 2, 0));
    }

    #[test]
    fn batches_are_in_order_and_as_large_as_they_may_be() {
        for max_batch in [1, 2, 255, 256, 512, 1000] {
            let queue = Queue::new(3000, max_batch);
            for item in 0..2500 {
                queue.push(item);
            }
            let mut all = Vec::new();
            while queue.waiting() > 0 {
                let is_whole = queue.has_batch();
                let batch = queue.take();
                assert!(!is_whole || batch.len() == max_batch, "{max_batch}");
                all.extend(batch);
            }
            assert!(all.iter().copied().eq(0..2500), "{max_batch}");
        }
    }

    #[test]
    fn none_is_uncounted_whatever_the_size() {
        for size in [1, 64, 2048, 1_000_000] {
            let queue = Queue::new(size, 512);
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
                    let batch = queue.take().len() as u64;
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
