//! Credits: how slots borrow places and bytes of the queue, and when that wakes the worker.

use std::mem;

use super::super::sync::{MutexGuard, Ordering};
use super::slot::{Inner, Run, Slot};
use super::{Bounds, Pushed, Sink};

/// The size of the first buffer of a slot: a few items.
const FIRST_BUFFER: usize = 4 << 10;
/// The first capacity for runs: most threads have few groups at a time.
const FIRST_RUNS: usize = 8;
/// How often credits are reclaimed for one item, if other threads take them meanwhile.
const ATTEMPTS: usize = 4;

impl<S: Clone + PartialEq> Sink<S> {
    /// Borrows credits and allocates memory for an item; returns whether to wake the worker after it was pushed.
    #[cold]
    #[inline(never)]
    pub(super) fn prepare<'s>(
        &self,
        slot: &'s Slot<S>,
        mut inner: MutexGuard<'s, Inner<S>>,
        group: &S,
        len: usize,
    ) -> Result<(MutexGuard<'s, Inner<S>>, bool), Pushed> {
        let mut wakes = false;
        let mut attempts = 0;
        loop {
            if inner.is_closed {
                inner.dropped += 1;
                inner.closed += 1;
                return Err(Pushed::Closed);
            }
            let has_place = inner.credits > 0 || self.lend(&mut inner, &mut wakes);
            let has_room = inner.room >= len || self.lend_room(&mut inner, len, &mut wakes);
            if !(has_place && has_room) {
                attempts += 1;
                if attempts < ATTEMPTS && !self.is_exhausted.load(Ordering::SeqCst) {
                    drop(inner);
                    self.reclaim();
                    inner = slot.lock().ok_or(Pushed::Forked)?;
                    continue;
                }
                inner.dropped += 1;
                drop(inner);
                let refused = match has_place {
                    true => Pushed::FullOfBytes,
                    false => Pushed::Full,
                };
                // A full queue wakes the worker even if the batch size is not reached.
                return Err(match self.is_to_wake(true) {
                    true => self.wake(refused),
                    false => refused,
                });
            }
            if inner.is_ready(group, len) {
                return Ok((inner, wakes));
            }
            inner = self.grow(slot, inner, len).ok_or(Pushed::Forked)?;
        }
    }

    /// Lends a block of places to a slot. A block ends where a batch is full, so that the thread that uses its last
    /// place wakes the worker.
    pub(super) fn lend(&self, inner: &mut Inner<S>, wakes: &mut bool) -> bool {
        let Bounds { items, batch, .. } = self.bounds;
        let lent = self
            .places
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |free| {
                (free > 0).then(|| free - self.block_of(free))
            });
        let Ok(free) = lent else {
            return false;
        };
        let block = self.block_of(free);
        inner.credits += block;
        let lent = items - free + block;
        inner.wakes = lent % batch == 0 || block == free;
        *wakes |= self.is_to_wake(items - free >= batch);
        true
    }

    pub(super) fn block_of(&self, free: usize) -> usize {
        let Bounds { items, batch, .. } = self.bounds;
        let to_batch = batch - (items - free) % batch;
        self.block.min(free).min(to_batch)
    }

    pub(super) fn lend_room(&self, inner: &mut Inner<S>, len: usize, wakes: &mut bool) -> bool {
        let missing = len - inner.room;
        let block = |free: usize| missing.max(self.byte_block.min(free));
        let lent = self
            .room
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |free| {
                (missing <= free).then(|| free - block(free))
            });
        let Ok(free) = lent else {
            return false;
        };
        inner.room += block(free);
        let lent = self.bounds.bytes - free + block(free);
        *wakes |= self.is_to_wake(lent >= self.bounds.batch_bytes);
        true
    }

    /// Whether the worker has to be woken after credits were lent: if it sleeps until an item is pushed, or if there is
    /// a batch for which it was not woken yet.
    pub(super) fn is_to_wake(&self, has_batch: bool) -> bool {
        self.is_idle.load(Ordering::SeqCst) || (has_batch && !self.is_woken.load(Ordering::SeqCst))
    }

    /// Wakes the worker after a push with the outcome `pushed`.
    #[cold]
    pub(super) fn wake(&self, pushed: Pushed) -> Pushed {
        self.is_woken.store(true, Ordering::SeqCst);
        self.is_idle.store(false, Ordering::SeqCst);
        if (self.wake)() {
            return pushed;
        }
        // This is a forked child: the worker is a thread of its parent.
        self.close();
        Pushed::Forked
    }

    /// Enlarges the buffers of a slot, whose lock is released while memory is allocated.
    pub(super) fn grow<'s>(
        &self,
        slot: &'s Slot<S>,
        inner: MutexGuard<'s, Inner<S>>,
        len: usize,
    ) -> Option<MutexGuard<'s, Inner<S>>> {
        let needed = inner.used + len;
        let (size, runs) = (inner.bytes.len(), inner.runs.capacity());
        drop(inner);
        let mut bytes: Vec<u8> = match needed > size {
            true => self.spares.at_least(needed.max(2 * size).max(FIRST_BUFFER)),
            false => Vec::new(),
        };
        let mut runs: Vec<Run<S>> = Vec::with_capacity((2 * runs).max(FIRST_RUNS));
        let mut inner = slot.lock()?;
        // The worker may have emptied the slot meanwhile, or another thread enlarged it.
        if bytes.len() > inner.bytes.len() {
            bytes[..inner.used].copy_from_slice(&inner.bytes[..inner.used]);
            mem::swap(&mut bytes, &mut inner.bytes);
        }
        if runs.capacity() > inner.runs.capacity() {
            runs.append(&mut inner.runs);
            mem::swap(&mut runs, &mut inner.runs);
        }
        drop(inner);
        drop((bytes, runs));
        slot.lock()
    }

    /// Takes back the credits that slots do not use.
    pub(super) fn reclaim(&self) {
        self.is_exhausted.store(true, Ordering::SeqCst);
        let (mut places, mut room) = (0, 0);
        for slot in self.each_slot() {
            if let Some(mut inner) = slot.lock() {
                places += mem::take(&mut inner.credits);
                room += mem::take(&mut inner.room);
            }
        }
        self.give_back(places, room);
    }

    pub(super) fn give_back(&self, places: usize, room: usize) {
        self.places.0.fetch_add(places, Ordering::SeqCst);
        self.room.0.fetch_add(room, Ordering::SeqCst);
        if places > 0 || room > 0 {
            self.is_exhausted.store(false, Ordering::SeqCst);
        }
    }
}
