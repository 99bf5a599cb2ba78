//! The worker's side of a sink: whether items wait, and staging, taking and settling them.

use std::mem;

use super::super::sync::Ordering;
use super::batch::{Batch, Chunk};
use super::{Bounds, Sink};

impl<S: Clone + PartialEq> Sink<S> {
    /// Whether any item waits. If not, the next push wakes the worker.
    pub(crate) fn has_some(&self) -> bool {
        self.is_woken.store(false, Ordering::SeqCst);
        self.is_idle.store(true, Ordering::SeqCst);
        let has_some =
            self.holds_after_reclaim(|| self.places.0.load(Ordering::SeqCst) < self.bounds.items);
        match has_some {
            true => self.is_idle.store(false, Ordering::SeqCst),
            false => self.trim(),
        }
        has_some
    }

    /// Whether enough items wait for a batch.
    pub(crate) fn has_batch(&self) -> bool {
        let Bounds {
            items,
            bytes,
            batch,
            batch_bytes,
        } = self.bounds;
        self.is_woken.store(false, Ordering::SeqCst);
        self.holds_after_reclaim(|| {
            items - self.places.0.load(Ordering::SeqCst) >= batch
                || bytes - self.room.0.load(Ordering::SeqCst) >= batch_bytes
        })
    }

    /// Whether `is_enough` holds for the items that wait. Credits that slots have borrowed and not used look like waiting
    /// items, so they are taken back, and it is asked again.
    pub(super) fn holds_after_reclaim(&self, is_enough: impl Fn() -> bool) -> bool {
        if !is_enough() {
            return false;
        }
        self.reclaim();
        is_enough()
    }

    /// Stages the items of all slots, and returns how many are staged then. Batches are taken in the order
    /// in which items were staged.
    pub(crate) fn drain(&self) -> usize {
        let mut spare = None;
        for slot in self.each_slot() {
            let (bytes, runs) = spare
                .take()
                .unwrap_or_else(|| (self.spares.take(), Vec::new()));
            let inner = slot.lock();
            let Some(mut inner) = inner.filter(|inner| !inner.runs.is_empty()) else {
                spare = Some((bytes, runs));
                continue;
            };
            let bytes = mem::replace(&mut inner.bytes, bytes);
            let runs = mem::replace(&mut inner.runs, runs);
            inner.used = 0;
            drop(inner);
            self.stage(Chunk {
                bytes,
                start: 0,
                runs: runs.into(),
            });
        }
        if let Some((bytes, _)) = spare {
            self.spares.keep(bytes);
        }
        self.staged.lock().map_or(0, |staged| staged.items)
    }

    pub(super) fn stage(&self, chunk: Chunk<S>) {
        let items = chunk.items();
        let Some(mut staged) = self.staged.lock() else {
            return;
        };
        if staged.is_over {
            staged.dropped += items as u64;
            return;
        }
        staged.items += items;
        staged.chunks.push_back(chunk);
    }

    /// Takes at most a batch, whose items are in flight until they are settled.
    pub(crate) fn take(&self) -> Batch<S> {
        self.drain();
        let mut batch = Batch::empty(&self.spares);
        let staged = self.staged.lock();
        let Some(mut staged) = staged.filter(|staged| !staged.is_over) else {
            return batch;
        };
        while let Some(mut chunk) = staged.chunks.pop_front() {
            let items = self.bounds.batch - batch.items;
            let bytes = self.bounds.batch_bytes.saturating_sub(batch.bytes);
            if chunk.items() <= items && chunk.len() <= bytes {
                batch.add(chunk);
            } else {
                // At least one item, so that an item larger than a batch does not wait for ever.
                let least = usize::from(batch.items == 0);
                let head = chunk.split(items, bytes, least, self.first_len, &self.spares);
                batch.add(head);
                match chunk.items() {
                    0 => self.spares.keep(chunk.bytes),
                    _ => staged.chunks.push_front(chunk),
                }
                break;
            }
        }
        staged.items -= batch.items;
        staged.in_flight += batch.items as u64;
        drop(staged);
        self.give_back(batch.items, batch.bytes);
        batch
    }

    /// Settles `taken` items in flight, of which `exported` were exported and the others failed.
    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        let staged = self.staged.lock();
        // `finish` has counted them as failed.
        if let Some(mut staged) = staged.filter(|staged| !staged.is_over) {
            let taken = taken.min(staged.in_flight);
            let exported = exported.min(taken);
            staged.in_flight -= taken;
            staged.exported += exported;
            staged.failed += taken - exported;
        }
    }

    /// Counts all items in flight as failed, and returns their number.
    pub(crate) fn fail_in_flight(&self) -> u64 {
        let Some(mut staged) = self.staged.lock() else {
            return 0;
        };
        let failed = mem::take(&mut staged.in_flight);
        staged.failed += failed;
        failed
    }

    /// Frees the buffers of empty slots, except a few spare buffers.
    pub(super) fn trim(&self) {
        for slot in self.each_slot() {
            let inner = slot.lock();
            let unused = inner.filter(|inner| inner.runs.is_empty());
            let left =
                unused.map(|mut inner| (mem::take(&mut inner.bytes), mem::take(&mut inner.runs)));
            if let Some((bytes, _)) = left {
                self.spares.keep(bytes);
            }
        }
        self.spares.trim();
    }
}
