//! The queue of one exporter for encoded items: a slot for each thread, so that threads do not contend.
//! Only this module counts the items that threads push.
//!
//! * **Bound.** The sum of free places, credits of all slots, items waiting in slots and staged items always equals
//!   the capacity of the queue; and likewise for bytes. A slot borrows credits in blocks. Credits return when a
//!   batch is taken; credits that a thread does not use are taken back when another thread runs out.
//! * **Accounts.** Each item is counted once, under the lock of its slot: as accepted or as dropped. Only
//!   the worker moves items further. A report reads the worker's counts before those of the slots, so that at
//!   least as many items were accepted as the worker has settled; the difference is pending.
//! * **Flush.** [`Sink::drain`] stages the items of every slot; batches are taken in the order in which
//!   items were staged.
//! * **Close.** Each slot is closed under its lock: an item that is pushed before is accepted, a later one is
//!   dropped.
//!
//! Nothing is allocated or freed under the lock of a slot or the list of slots: a user's global allocator may call
//! annotated functions, whose spans are pushed here too.

// The paths are explicit because the model checker includes this file from another folder.
#[path = "sink/batch.rs"]
mod batch;
#[path = "sink/credits.rs"]
mod credits;
#[path = "sink/slot.rs"]
mod slot;
#[path = "sink/spares.rs"]
mod spares;
#[path = "sink/worker.rs"]
mod worker;

use std::collections::VecDeque;
use std::{fmt, mem};

pub(crate) use self::batch::Batch;
use self::batch::Chunk;
pub(crate) use self::slot::Slot;
use self::spares::Spares;
use super::sync::{Arc, AtomicBool, AtomicUsize, Mutex};

/// The capacity of a sink, and the size of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The greatest number of waiting items.
    pub(crate) items: usize,
    /// The greatest number of bytes of all waiting items together.
    pub(crate) bytes: usize,
    /// The greatest number of items in a batch.
    pub(crate) batch: usize,
    /// The number of bytes that are exported at once, however few items they are.
    pub(crate) batch_bytes: usize,
}

/// The items that wait for one exporter, grouped by values of the type `S`.
pub(crate) struct Sink<S> {
    bounds: Bounds,
    /// How many credits a slot borrows at once, of each kind.
    block: usize,
    byte_block: usize,
    /// The numbers of places and of bytes that are not lent to any slot.
    places: Line<AtomicUsize>,
    room: Line<AtomicUsize>,
    /// True if no free credits were found and none have come back since.
    is_exhausted: AtomicBool,
    /// Whether the worker sleeps until an item is pushed.
    is_idle: AtomicBool,
    /// Whether the worker was woken and has not yet looked for items.
    is_woken: AtomicBool,
    slots: Mutex<Slots<S>>,
    staged: Mutex<Staged<S>>,
    spares: Arc<Spares>,
    wake: Wake,
    /// The length of the first of consecutive items.
    first_len: fn(&[u8]) -> usize,
}

/// Wakes the worker; returns false in a forked process, in which the worker does not exist.
pub(crate) type Wake = Box<dyn Fn() -> bool + Send + Sync>;

/// A value that all threads write to, aligned to two cache lines, as processors fetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Line<T>(T);

/// The slots of a sink, in use or free.
#[derive(Debug)]
struct Slots<S> {
    all: Vec<Arc<Slot<S>>>,
    /// Its capacity suffices for all of them.
    free: Vec<Arc<Slot<S>>>,
    is_closed: bool,
}

/// The items that were taken out of the slots, and counts of those that went further.
#[derive(Debug)]
struct Staged<S> {
    chunks: VecDeque<Chunk<S>>,
    items: usize,
    in_flight: u64,
    exported: u64,
    failed: u64,
    /// Items that were accepted, and dropped at the end.
    dropped: u64,
    is_over: bool,
}

/// How many items are in each state, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Waiting or being exported.
    pub(crate) pending: u64,
    pub(crate) exported: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
}

/// How many items of a queue are in each place at one moment; more detailed than [`Counts`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(dead_code, reason = "metrics read it")]
pub(crate) struct Places {
    /// The greatest number of waiting items.
    pub(crate) capacity: u64,
    pub(crate) waiting: u64,
    pub(crate) in_flight: u64,
    pub(crate) exported: u64,
    pub(crate) failed: u64,
    /// Dropped because all places or all bytes were taken.
    pub(crate) full: u64,
    /// Dropped because the queue was closed.
    pub(crate) closed: u64,
    /// Accepted, and dropped at the end.
    pub(crate) late: u64,
}

/// The outcome of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    Waiting,
    /// No place was free.
    Full,
    /// There was a place, but the waiting items take too many bytes.
    FullOfBytes,
    Closed,
    /// This process was forked from the exporting one and exports nothing.
    Forked,
}

/// The number of bytes that a slot takes from the queue's limit at once.
const BYTE_BLOCK: usize = 16 << 10;

impl<S: Clone + PartialEq> Sink<S> {
    pub(crate) fn new(bounds: Bounds, wake: Wake, first_len: fn(&[u8]) -> usize) -> Self {
        let items = bounds.items.max(1);
        let bounds = Bounds {
            items,
            bytes: bounds.bytes.max(1),
            batch: bounds.batch.clamp(1, items),
            batch_bytes: bounds.batch_bytes.max(1),
        };
        Sink {
            bounds,
            // Small enough that many threads can share a queue, and large enough that they seldom contend.
            block: (items / 64).clamp(1, 32),
            byte_block: (bounds.bytes / 64).clamp(1, BYTE_BLOCK),
            places: Line(AtomicUsize::new(items)),
            room: Line(AtomicUsize::new(bounds.bytes)),
            is_exhausted: AtomicBool::new(false),
            is_idle: AtomicBool::new(true),
            is_woken: AtomicBool::new(false),
            slots: Mutex::new(Slots {
                all: Vec::new(),
                free: Vec::new(),
                is_closed: false,
            }),
            staged: Mutex::new(Staged {
                chunks: VecDeque::new(),
                items: 0,
                in_flight: 0,
                exported: 0,
                failed: 0,
                dropped: 0,
                is_over: false,
            }),
            spares: Arc::new(Spares::new()),
            wake,
            first_len,
        }
    }

    /// Counts an item of `len` bytes, and calls `write` if there is room for it. `write` is called
    /// under the lock of the slot and must not allocate.
    #[inline]
    pub(crate) fn push(
        &self,
        slot: &Slot<S>,
        group: &S,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Pushed {
        let Some(mut inner) = slot.lock() else {
            return Pushed::Forked;
        };
        let mut wakes = false;
        // `prepare` borrows credits and `wake` wakes the worker: both are in `sink/credits.rs`.
        if !inner.is_ready(group, len) {
            match self.prepare(slot, inner, group, len) {
                Ok((prepared, is_idle)) => {
                    inner = prepared;
                    wakes = is_idle;
                }
                Err(refused) => return refused,
            }
        }
        inner.push(group, len, write);
        wakes |= inner.credits == 0 && inner.wakes;
        drop(inner);
        match wakes {
            true => self.wake(Pushed::Waiting),
            false => Pushed::Waiting,
        }
    }

    fn each_slot(&self) -> impl Iterator<Item = Arc<Slot<S>>> + '_ {
        // Takes the lock anew for each slot, as callers allocate in between. Slots are never removed.
        (0..).map_while(|index| self.slots.lock()?.all.get(index).cloned())
    }

    /// A slot that no thread uses. It may still hold items of another thread.
    ///
    /// `None` in a process that was forked while another thread held the lock.
    pub(crate) fn acquire(&self) -> Option<Arc<Slot<S>>> {
        if let Some(free) = self.slots.lock()?.free.pop() {
            return Some(free);
        }
        let slot = Arc::new(Slot::new());
        let mut slots = self.slots.lock()?;
        while slots.all.len() == slots.all.capacity() {
            let capacity = (2 * slots.all.len()).max(16);
            drop(slots);
            let mut all = Vec::with_capacity(capacity);
            let mut free = Vec::with_capacity(capacity);
            slots = self.slots.lock()?;
            if slots.all.capacity() < capacity {
                all.append(&mut slots.all);
                mem::swap(&mut all, &mut slots.all);
                free.append(&mut slots.free);
                mem::swap(&mut free, &mut slots.free);
            }
            drop(slots);
            drop((all, free));
            slots = self.slots.lock()?;
        }
        slot.lock()?.is_closed = slots.is_closed;
        slots.all.push(Arc::clone(&slot));
        Some(slot)
    }

    /// Frees a slot that its thread does not need any more. Its waiting items are still exported.
    pub(crate) fn release(&self, slot: Arc<Slot<S>>) {
        let Some(mut inner) = slot.lock() else {
            return;
        };
        let (places, room) = (mem::take(&mut inner.credits), mem::take(&mut inner.room));
        drop(inner);
        self.give_back(places, room);
        if let Some(mut slots) = self.slots.lock() {
            // The capacity suffices for all slots, so nothing is allocated.
            slots.free.push(slot);
        }
    }

    /// Drops all items that are pushed from now on.
    pub(crate) fn close(&self) {
        if let Some(mut slots) = self.slots.lock() {
            slots.is_closed = true;
        }
        let (mut places, mut room) = (0, 0);
        for slot in self.each_slot() {
            if let Some(mut inner) = slot.lock() {
                inner.is_closed = true;
                places += mem::take(&mut inner.credits);
                room += mem::take(&mut inner.room);
            }
        }
        self.give_back(places, room);
    }

    /// Whether the counts are final.
    pub(crate) fn is_over(&self) -> bool {
        self.staged.lock().is_none_or(|staged| staged.is_over)
    }

    /// Makes the counts final: items in flight count as failed, and waiting items as dropped.
    pub(crate) fn finish(&self) {
        self.close();
        let staged = self.staged.lock();
        let Some(mut staged) = staged.filter(|staged| !staged.is_over) else {
            return;
        };
        staged.is_over = true;
        staged.failed += mem::take(&mut staged.in_flight);
        staged.dropped += mem::take(&mut staged.items) as u64;
        let chunks = mem::take(&mut staged.chunks);
        drop(staged);
        drop(chunks);
        // Items that are staged from now on are counted as dropped.
        self.drain();
    }

    /// How many items are in each state.
    pub(crate) fn counts(&self) -> Counts {
        let Some(staged) = self.staged.lock() else {
            return Counts::default();
        };
        let (exported, failed, late) = (staged.exported, staged.failed, staged.dropped);
        drop(staged);
        let (mut accepted, mut dropped) = (0, 0);
        for slot in self.each_slot() {
            if let Some(inner) = slot.lock() {
                accepted += inner.accepted;
                dropped += inner.dropped;
            }
        }
        let settled = exported + failed + late;
        if cfg!(test) {
            assert!(accepted >= settled, "read in the wrong order");
        }
        Counts {
            // A forked child may not see all slots of its parent.
            pending: accepted.saturating_sub(settled),
            exported,
            dropped: dropped + late,
            failed,
        }
    }
}

impl<S: Clone + PartialEq> Sink<S> {
    /// How many items are in each place, and why others were dropped.
    #[allow(dead_code, reason = "metrics read it")]
    pub(crate) fn places(&self) -> Places {
        let Some(staged) = self.staged.lock() else {
            return Places::default();
        };
        let mut places = Places {
            capacity: self.bounds.items as u64,
            in_flight: staged.in_flight,
            exported: staged.exported,
            failed: staged.failed,
            late: staged.dropped,
            ..Places::default()
        };
        drop(staged);
        let mut accepted = 0;
        for slot in self.each_slot() {
            if let Some(inner) = slot.lock() {
                accepted += inner.accepted;
                places.full += inner.dropped - inner.closed;
                places.closed += inner.closed;
            }
        }
        let taken = places.in_flight + places.exported + places.failed + places.late;
        places.waiting = accepted.saturating_sub(taken);
        places
    }

    /// The lengths of the buffers that are kept for reuse.
    #[cfg(test)]
    #[allow(dead_code, reason = "the model-checked tests of the queue read it")]
    pub(crate) fn spare_buffers(&self) -> Vec<usize> {
        self.spares.lengths()
    }
}

impl<S> fmt::Debug for Sink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
