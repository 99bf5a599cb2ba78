//! The queue of one exporter, in which encoded items wait: a slot for each thread, so that threads do not wait for
//! each other. It is the only module that counts what threads push.
//!
//! * **Bound.** Places that nobody has, credits of all slots, items that wait in slots and items that are
//!   staged are together as many as the queue holds, always; and so it is with bytes. A slot borrows
//!   credits by the block. They come back when a batch is taken, and those that a thread does not use
//!   when another one runs out.
//! * **Accounts.** Each item is counted once, under the lock of its slot: as accepted or as dropped. Only
//!   the worker moves items on. A report reads the worker's counts first and the slots after them, so what
//!   was accepted is at least what the worker has settled, and the rest is pending.
//! * **Flush.** [`Sink::drain`] stages what waits in every slot; batches are taken in the order in which
//!   items were staged.
//! * **Close.** Each slot is closed under its lock: an item comes before that and is accepted, or after
//!   that and is dropped.
//!
//! Nothing is allocated or freed under the lock of a slot or the list of slots: the global allocator may call
//! annotated functions, whose spans end here too.

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

/// How much a sink holds, and how much of it makes a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Items that wait at most.
    pub(crate) items: usize,
    /// Bytes that the waiting items take together.
    pub(crate) bytes: usize,
    /// Items that are taken at once, at most.
    pub(crate) batch: usize,
    /// Bytes that are worth an export, however few items they are.
    pub(crate) batch_bytes: usize,
}

/// Items that wait for one exporter. `S` is what they are grouped by.
pub(crate) struct Sink<S> {
    bounds: Bounds,
    /// How many credits a slot borrows at once, of each kind.
    block: usize,
    byte_block: usize,
    /// Places, and bytes, that are not lent to any slot.
    places: Line<AtomicUsize>,
    room: Line<AtomicUsize>,
    /// True if no free credits were found and none have come back since.
    is_exhausted: AtomicBool,
    /// The worker sleeps until something comes.
    is_idle: AtomicBool,
    /// The worker was woken and has not looked yet.
    is_woken: AtomicBool,
    slots: Mutex<Slots<S>>,
    staged: Mutex<Staged<S>>,
    spares: Arc<Spares>,
    wake: Wake,
    /// How long the first of some items is.
    first_len: fn(&[u8]) -> usize,
}

/// Wakes the worker; returns false in a forked process, which does not have the worker.
pub(crate) type Wake = Box<dyn Fn() -> bool + Send + Sync>;

/// A value in a cache line of its own, as all threads write to it. Lines are fetched in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Line<T>(T);

/// The slots of a sink, in use or free.
#[derive(Debug)]
struct Slots<S> {
    all: Vec<Arc<Slot<S>>>,
    /// Has room for all of them.
    free: Vec<Arc<Slot<S>>>,
    is_closed: bool,
}

/// The items taken out of the slots, and the counts of those that were passed on.
#[derive(Debug)]
struct Staged<S> {
    chunks: VecDeque<Chunk<S>>,
    items: usize,
    in_flight: u64,
    exported: u64,
    failed: u64,
    /// Accepted, and dropped at the end.
    dropped: u64,
    is_over: bool,
}

/// How many items are in each state, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Waiting, or on their way.
    pub(crate) pending: u64,
    pub(crate) exported: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
}

/// How many items of a queue are where, at one moment: more than [`Counts`] says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(dead_code, reason = "metrics read it")]
pub(crate) struct Places {
    /// How many may wait.
    pub(crate) capacity: u64,
    pub(crate) waiting: u64,
    pub(crate) in_flight: u64,
    pub(crate) exported: u64,
    pub(crate) failed: u64,
    /// Dropped because all places, or bytes, were taken.
    pub(crate) full: u64,
    /// Dropped because the queue was closed.
    pub(crate) closed: u64,
    /// Dropped at the end, though they had a place.
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
            // Few, so that many threads can share a queue; many, so that they seldom meet.
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

    /// Counts an item of `len` bytes, and has it written if there is room for it. `write` is called
    /// under the lock of the slot, and must not allocate.
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
        // Takes the lock for each slot, so that nothing is allocated under it; slots are never
        // removed.
        (0..).map_while(|index| self.slots.lock()?.all.get(index).cloned())
    }

    /// A slot that no thread uses, perhaps with items that another thread left in it.
    ///
    /// `None` in a process that was forked while another thread was in here.
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

    /// Gives a slot back that a thread does not need any more; what waits in it is exported all the same.
    pub(crate) fn release(&self, slot: Arc<Slot<S>>) {
        let Some(mut inner) = slot.lock() else {
            return;
        };
        let (places, room) = (mem::take(&mut inner.credits), mem::take(&mut inner.room));
        drop(inner);
        self.give_back(places, room);
        if let Some(mut slots) = self.slots.lock() {
            // There is room for all slots, so nothing is allocated.
            slots.free.push(slot);
        }
    }

    /// Drops everything that is pushed from now on.
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

    /// Makes the counts final: items in flight have failed, items that wait are dropped.
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
            // A child may not see all slots of the process that it was forked from.
            pending: accepted.saturating_sub(settled),
            exported,
            dropped: dropped + late,
            failed,
        }
    }
}

impl<S: Clone + PartialEq> Sink<S> {
    /// Where items are, and why some were dropped.
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
}

impl<S> fmt::Debug for Sink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
