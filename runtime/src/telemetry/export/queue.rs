//! The queue in which log records wait for their export, and the only place where they are counted.
//!
//! Each record is at any time in exactly one of five states (waiting, in flight, exported, dropped,
//! failed), and the five counts add up to the records that were ever pushed: all five are behind one lock.
//! A thread that logs holds that lock only while it moves one record; a lock-free channel has two contended words
//! instead, and was slower (see `docs/design.md`). Nothing is allocated or freed under the lock, as the global
//! allocator may call annotated functions.

mod source;

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::fork::{ForkMutex, Home};
use crate::recorder::sink::{Bounds, Counts};

/// The largest number of items in a chunk: so few that allocators serve a chunk from their thread cache.
const MAX_CHUNK: usize = 256;

/// The largest number of empty chunks that are kept.
const MAX_SPARE: usize = 4;

/// The room for chunks that is allocated at first; it grows on demand.
const FIRST_PLACES: usize = 64;

/// A bounded queue of `T`, which counts the outcome of every item.
///
/// Its memory grows with the items in it, not with its bounds.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    bounds: Bounds,
    /// The number of chunks in a batch; each has `chunk` items.
    chunks: usize,
    chunk: usize,
    inner: ForkMutex<Inner<T>>,
    /// Replaces `inner` in a child that was forked while another thread held the lock.
    orphaned: OnceLock<Mutex<Inner<T>>>,
    home: Home,
    wake: Notify,
}

#[derive(Debug)]
struct Inner<T> {
    /// The newest items. The chunk has no capacity at first and is allocated outside of the lock.
    current: Chunk<T>,
    /// The older items, in order.
    full: VecDeque<Chunk<T>>,
    /// Empty chunks, at most [`MAX_SPARE`].
    spare: Vec<Vec<T>>,
    /// The number of items in `current` and `full`, and their size.
    waiting: usize,
    bytes: usize,
    in_flight: u64,
    exported: u64,
    dropped: u64,
    /// The part of `dropped` that came after the queue was closed, and the part that still waited at the end.
    closed: u64,
    late: u64,
    failed: u64,
    /// Further items are dropped.
    is_closed: bool,
    /// The counts are final; only `dropped` grows with items that come later.
    is_over: bool,
}

#[derive(Debug)]
struct Chunk<T> {
    items: Vec<T>,
    bytes: usize,
}

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Chunk {
            items: Vec::new(),
            bytes: 0,
        }
    }
}

/// The outcome of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    Waiting,
    /// There are too many items. The number of dropped items so far, with this one.
    Full(u64),
    /// The items hold too many bytes. The number of dropped items so far, with this one.
    FullOfBytes(u64),
    /// The queue is closed.
    Closed,
    /// This process was forked from the exporting one and exports nothing.
    Forked,
}

/// Memory that is missing to push an item; it is allocated outside of the lock.
enum Missing {
    Chunk,
    /// Room for more chunks than this.
    Places(usize),
}

impl<T> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let items = bounds.items.max(1);
        let batch = bounds.batch.clamp(1, items);
        let chunks = batch.div_ceil(MAX_CHUNK);
        let chunk = batch / chunks;
        Queue {
            bounds: Bounds { items, ..bounds },
            chunks,
            chunk,
            inner: ForkMutex::new(Inner {
                current: Chunk::default(),
                full: VecDeque::with_capacity((items / chunk).min(FIRST_PLACES) + 1),
                spare: Vec::with_capacity(MAX_SPARE),
                waiting: 0,
                bytes: 0,
                in_flight: 0,
                exported: 0,
                dropped: 0,
                closed: 0,
                late: 0,
                failed: 0,
                is_closed: false,
                is_over: false,
            }),
            orphaned: OnceLock::new(),
            home: Home::here(),
            wake: Notify::new(),
        }
    }

    /// Never waits for the worker, and wakes it only with the first item and with the item that
    /// fills a batch. `bytes` is the size of the item.
    pub(crate) fn push(&self, item: T, bytes: usize) -> Pushed {
        let mut inner = self.inner();
        let (waiting, before) = loop {
            if let Some(refused) = self.refused(&mut inner, bytes) {
                // The item is dropped after the lock is released.
                drop(inner);
                return refused;
            }
            let Some(missing) = inner.missing(self.chunk) else {
                break inner.push(item, bytes);
            };
            drop(inner);
            match missing {
                Missing::Chunk => {
                    let fresh = Vec::with_capacity(self.chunk);
                    inner = self.inner();
                    // Another thread may have brought a chunk meanwhile.
                    let leftover = inner.keep(fresh);
                    if leftover.is_some() {
                        drop(inner);
                        drop(leftover);
                        inner = self.inner();
                    }
                }
                Missing::Places(places) => {
                    let mut leftover = VecDeque::with_capacity(places.saturating_mul(2));
                    inner = self.inner();
                    if inner.full.capacity() < leftover.capacity() {
                        // This allocates nothing, as there is room.
                        leftover.append(&mut inner.full);
                        mem::swap(&mut inner.full, &mut leftover);
                    }
                    drop(inner);
                    drop(leftover);
                    inner = self.inner();
                }
            }
        };
        drop(inner);
        let batch_bytes = self.bounds.batch_bytes;
        let is_heavy = before < batch_bytes && before.saturating_add(bytes) >= batch_bytes;
        if waiting == 1 || waiting == self.batch() || is_heavy {
            // In a forked child there is no worker to wake: its thread is one of the parent.
            if !self.home.is_here() {
                self.close();
                return Pushed::Forked;
            }
            self.wake.notify_one();
        }
        Pushed::Waiting
    }

    /// The reason why an item cannot be pushed, if there is one; then it is counted as dropped.
    fn refused(&self, inner: &mut Inner<T>, bytes: usize) -> Option<Pushed> {
        let is_full = inner.waiting >= self.bounds.items;
        let is_heavy = inner.bytes.saturating_add(bytes) > self.bounds.bytes;
        if !(inner.is_closed || is_full || is_heavy) {
            return None;
        }
        inner.dropped += 1;
        inner.closed += u64::from(inner.is_closed);
        Some(match inner.is_closed {
            true => Pushed::Closed,
            false if is_full => Pushed::Full(inner.dropped),
            false => Pushed::FullOfBytes(inner.dropped),
        })
    }

    /// The number of items that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.inner().waiting
    }

    #[cfg(feature = "logs")]
    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn batch(&self) -> usize {
        self.chunk * self.chunks
    }

    /// Whether the items that wait fill a batch.
    pub(crate) fn has_batch(&self) -> bool {
        let inner = self.inner();
        inner.waiting >= self.batch()
            || (inner.waiting > 0 && inner.bytes >= self.bounds.batch_bytes)
    }

    /// Takes up to a batch, the oldest first; from now until [`settle`](Self::settle) it is in
    /// flight.
    pub(crate) fn take(&self) -> Vec<T> {
        let places = self.inner().full.len() + 1;
        let mut taken: Vec<Chunk<T>> = Vec::with_capacity(places.min(self.chunks));
        let mut inner = self.inner();
        let mut bytes = 0;
        while taken.len() < taken.capacity() && inner.waiting > 0 && !inner.is_over {
            let oldest = inner.full.pop_front();
            let chunk = oldest.unwrap_or_else(|| mem::take(&mut inner.current));
            inner.waiting -= chunk.items.len();
            inner.bytes -= chunk.bytes;
            inner.in_flight += chunk.items.len() as u64;
            bytes += chunk.bytes;
            taken.push(chunk);
            // The exporter would only cut a larger batch again.
            if bytes >= self.bounds.batch_bytes {
                break;
            }
        }
        drop(inner);
        let mut batch = Vec::with_capacity(taken.iter().map(|chunk| chunk.items.len()).sum());
        for mut chunk in taken {
            batch.append(&mut chunk.items);
            let leftover = self.inner().keep(chunk.items);
            drop(leftover);
        }
        batch
    }

    /// Of `taken` items in flight, `exported` were exported and the others failed.
    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        let mut inner = self.inner();
        // After the end they were counted as failed.
        if !inner.is_over {
            let taken = taken.min(inner.in_flight);
            let exported = exported.min(taken);
            inner.in_flight -= taken;
            inner.exported += exported;
            inner.failed += taken - exported;
        }
    }

    /// Counts everything in flight as failed; returns the number of items.
    pub(crate) fn fail_in_flight(&self) -> u64 {
        let mut inner = self.inner();
        let failed = mem::take(&mut inner.in_flight);
        inner.failed += failed;
        failed
    }

    /// Drops everything that is pushed from now on.
    pub(crate) fn close(&self) {
        self.inner().is_closed = true;
    }

    /// Whether the counts are final.
    pub(crate) fn is_over(&self) -> bool {
        self.inner().is_over
    }

    /// Makes the counts final: items in flight have failed, items that wait are dropped.
    pub(crate) fn finish(&self) {
        let mut inner = self.inner();
        if inner.is_over {
            return;
        }
        inner.is_closed = true;
        inner.is_over = true;
        inner.failed += mem::take(&mut inner.in_flight);
        let waiting = mem::take(&mut inner.waiting) as u64;
        inner.dropped += waiting;
        inner.late += waiting;
        inner.bytes = 0;
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
        self.inner.lock().unwrap_or_else(|| {
            let orphaned = self.orphaned.get_or_init(|| Mutex::new(Inner::closed()));
            orphaned.lock().unwrap_or_else(PoisonError::into_inner)
        })
    }
}

impl<T> Inner<T> {
    /// A queue that takes no items.
    fn closed() -> Self {
        Inner {
            current: Chunk::default(),
            full: VecDeque::new(),
            spare: Vec::new(),
            waiting: 0,
            bytes: 0,
            in_flight: 0,
            exported: 0,
            dropped: 0,
            closed: 0,
            late: 0,
            failed: 0,
            is_closed: true,
            is_over: false,
        }
    }

    /// Makes room in the current chunk without allocating, or returns what has to be allocated.
    fn missing(&mut self, chunk: usize) -> Option<Missing> {
        let Chunk { items, .. } = &self.current;
        if items.len() < chunk && items.capacity() > 0 {
            return None;
        }
        if !items.is_empty() && self.full.len() == self.full.capacity() {
            return Some(Missing::Places(self.full.capacity()));
        }
        let Some(items) = self.spare.pop() else {
            return Some(Missing::Chunk);
        };
        let full = mem::replace(&mut self.current, Chunk { items, bytes: 0 });
        if !full.items.is_empty() {
            self.full.push_back(full);
        }
        None
    }

    /// Returns the number of items with this one, and the number of bytes before it.
    fn push(&mut self, item: T, bytes: usize) -> (usize, usize) {
        let before = self.bytes;
        self.current.items.push(item);
        self.current.bytes += bytes;
        self.bytes += bytes;
        self.waiting += 1;
        (self.waiting, before)
    }

    /// Keeps an empty chunk for later, or returns it if enough are kept.
    fn keep(&mut self, chunk: Vec<T>) -> Option<Vec<T>> {
        if self.spare.len() < MAX_SPARE {
            self.spare.push(chunk);
            return None;
        }
        Some(chunk)
    }
}

#[cfg(test)]
mod tests;
