//! Where items wait, as bytes, for one exporter: a slot for each thread, so that threads do not wait for
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
//! Nothing is allocated or freed under the lock of a slot or the list of slots: an allocator may be
//! somebody's annotated function, whose span ends here too.

use std::collections::VecDeque;
use std::{fmt, mem};

use super::sync::{Arc, AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering};

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
    /// Places, and bytes, that nobody has.
    places: Line<AtomicUsize>,
    room: Line<AtomicUsize>,
    /// There are no credits that a slot does not use: they were looked for, and none came back since.
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

/// Wakes the worker; false in a process that was forked from the one that has it.
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

/// Where the items of one thread wait.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Slot<S>(Mutex<Inner<S>>);

#[derive(Debug)]
struct Inner<S> {
    /// The buffer: what waits, and zeros or what waited before.
    bytes: Vec<u8>,
    /// How many of the bytes wait.
    used: usize,
    runs: Vec<Run<S>>,
    /// How many more items, and bytes, may wait here before more credits are borrowed.
    credits: usize,
    room: usize,
    /// Whether the last of the credits makes a batch.
    wakes: bool,
    accepted: u64,
    dropped: u64,
    is_closed: bool,
}

/// Items of one group, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Run<S> {
    pub(crate) group: S,
    pub(crate) count: usize,
    /// Where the last one ends.
    end: usize,
}

/// What was taken out of the slots, and the fate of what went further.
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

/// What one slot had.
#[derive(Debug)]
struct Chunk<S> {
    bytes: Vec<u8>,
    /// Where the first run starts.
    start: usize,
    runs: VecDeque<Run<S>>,
}

/// The fate of what came, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Waiting, or on their way.
    pub(crate) pending: u64,
    pub(crate) exported: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
}

/// What became of an item that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    Waiting,
    /// All places were taken.
    Full,
    /// There was a place, but the waiting items take too many bytes.
    FullOfBytes,
    Closed,
    /// This process was forked from the one that exports; nothing is exported here.
    Forked,
}

/// Of the bytes of a queue, what a slot borrows at once.
const BYTE_BLOCK: usize = 16 << 10;
/// The first buffer of a slot: a few items.
const FIRST_BUFFER: usize = 4 << 10;
/// The first place for runs: most threads have few groups at a time.
const FIRST_RUNS: usize = 8;
/// How often credits are looked for, for one item, when other threads take them away.
const ATTEMPTS: usize = 4;

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
            spares: Arc::new(Spares(Mutex::new(Vec::new()))),
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

    /// Borrows and allocates what is missing for an item; says whether to wake the worker after it.
    #[cold]
    #[inline(never)]
    fn prepare<'s>(
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
                // A full queue has work for the worker, whatever a batch is.
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

    /// Lends a block of places: at most up to where a batch is full, so that the thread that uses the
    /// last of them knows.
    fn lend(&self, inner: &mut Inner<S>, wakes: &mut bool) -> bool {
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

    fn block_of(&self, free: usize) -> usize {
        let Bounds { items, batch, .. } = self.bounds;
        let to_batch = batch - (items - free) % batch;
        self.block.min(free).min(to_batch)
    }

    fn lend_room(&self, inner: &mut Inner<S>, len: usize, wakes: &mut bool) -> bool {
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

    /// Whether the worker has to be woken for what was just lent: if it sleeps until anything comes, or
    /// if there is a batch and nobody said so.
    fn is_to_wake(&self, has_batch: bool) -> bool {
        self.is_idle.load(Ordering::SeqCst) || (has_batch && !self.is_woken.load(Ordering::SeqCst))
    }

    /// Wakes the worker after a push that came to `pushed`.
    #[cold]
    fn wake(&self, pushed: Pushed) -> Pushed {
        self.is_woken.store(true, Ordering::SeqCst);
        self.is_idle.store(false, Ordering::SeqCst);
        if (self.wake)() {
            return pushed;
        }
        // The worker is a thread of the parent's.
        self.close();
        Pushed::Forked
    }

    /// Makes room in the buffers of a slot, with its lock let go of meanwhile.
    fn grow<'s>(
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
        // The worker may have been here meanwhile, and less is needed.
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
    fn reclaim(&self) {
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

    fn give_back(&self, places: usize, room: usize) {
        self.places.0.fetch_add(places, Ordering::SeqCst);
        self.room.0.fetch_add(room, Ordering::SeqCst);
        if places > 0 || room > 0 {
            self.is_exhausted.store(false, Ordering::SeqCst);
        }
    }

    fn each_slot(&self) -> impl Iterator<Item = Arc<Slot<S>>> + '_ {
        // One lock for each, as nothing is allocated under it; there are only ever more of them.
        (0..).map_while(|index| self.slots.lock()?.all.get(index).cloned())
    }

    /// A slot that nobody uses, perhaps with what another thread left in it.
    ///
    /// `None` in a process that was forked while another thread was in here.
    pub(crate) fn acquire(&self) -> Option<Arc<Slot<S>>> {
        if let Some(free) = self.slots.lock()?.free.pop() {
            return Some(free);
        }
        let slot = Arc::new(Slot(Mutex::new(Inner {
            bytes: Vec::new(),
            used: 0,
            runs: Vec::new(),
            credits: 0,
            room: 0,
            wakes: false,
            accepted: 0,
            dropped: 0,
            is_closed: false,
        })));
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

    /// Whether anything waits. If not, whoever pushes next wakes the worker.
    pub(crate) fn has_some(&self) -> bool {
        self.is_woken.store(false, Ordering::SeqCst);
        self.is_idle.store(true, Ordering::SeqCst);
        let has_some = self.lent(|| self.places.0.load(Ordering::SeqCst) < self.bounds.items);
        match has_some {
            true => self.is_idle.store(false, Ordering::SeqCst),
            false => self.trim(),
        }
        has_some
    }

    /// Whether what waits is worth an export at once.
    pub(crate) fn has_batch(&self) -> bool {
        let Bounds {
            items,
            bytes,
            batch,
            batch_bytes,
        } = self.bounds;
        self.is_woken.store(false, Ordering::SeqCst);
        self.lent(|| {
            items - self.places.0.load(Ordering::SeqCst) >= batch
                || bytes - self.room.0.load(Ordering::SeqCst) >= batch_bytes
        })
    }

    /// Whether so much is lent also when what is not used is back.
    fn lent(&self, is_enough: impl Fn() -> bool) -> bool {
        if !is_enough() {
            return false;
        }
        self.reclaim();
        is_enough()
    }

    /// Stages what waits in all slots, and says how many items wait then. Batches are taken in the order
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

    fn stage(&self, chunk: Chunk<S>) {
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

    /// Takes up to a batch, which is in flight from now on, until it is settled.
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
                // One at least, or there would be no end to it.
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

    /// Of `taken` items that were in flight, `exported` have arrived.
    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        let staged = self.staged.lock();
        // After the end they were counted as failed.
        if let Some(mut staged) = staged.filter(|staged| !staged.is_over) {
            let taken = taken.min(staged.in_flight);
            let exported = exported.min(taken);
            staged.in_flight -= taken;
            staged.exported += exported;
            staged.failed += taken - exported;
        }
    }

    /// Whatever is in flight has failed; how many items that were.
    pub(crate) fn fail_in_flight(&self) -> u64 {
        let Some(mut staged) = self.staged.lock() else {
            return 0;
        };
        let failed = mem::take(&mut staged.in_flight);
        staged.failed += failed;
        failed
    }

    /// Drops whatever comes from now on.
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

    /// Ends all accounts: what is in flight has failed, what waits is dropped.
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
        // What is staged from now on is counted as dropped.
        self.drain();
    }

    /// What became of everything so far.
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

    /// Frees the buffers of slots in which nothing waits, but for a few.
    fn trim(&self) {
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

impl<S> fmt::Debug for Sink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

impl<S> Slot<S> {
    /// `None` in a process that was forked while another thread held the lock.
    #[inline]
    fn lock(&self) -> Option<MutexGuard<'_, Inner<S>>> {
        self.0.lock()
    }
}

impl<S: Clone + PartialEq> Inner<S> {
    /// Whether an item can be pushed without borrowing or allocating.
    #[inline]
    fn is_ready(&self, group: &S, len: usize) -> bool {
        let continues = self.runs.last().is_some_and(|run| run.group == *group);
        self.credits > 0
            && self.room >= len
            && self.bytes.len() - self.used >= len
            && (continues || self.runs.len() < self.runs.capacity())
    }

    #[inline]
    fn push(&mut self, group: &S, len: usize, write: impl FnOnce(&mut [u8])) {
        self.credits -= 1;
        self.room -= len;
        self.accepted += 1;
        let end = self.used + len;
        if let Some(place) = self.bytes.get_mut(self.used..end) {
            write(place);
        }
        self.used = end;
        match self.runs.last_mut() {
            Some(run) if run.group == *group => {
                run.count += 1;
                run.end = end;
            }
            _ => self.runs.push(Run {
                group: group.clone(),
                count: 1,
                end,
            }),
        }
    }
}

impl<S: Clone> Chunk<S> {
    fn items(&self) -> usize {
        self.runs.iter().map(|run| run.count).sum()
    }

    fn len(&self) -> usize {
        self.end() - self.start
    }

    fn end(&self) -> usize {
        self.runs.back().map_or(self.start, |run| run.end)
    }

    /// Takes the first items out: at most so many of so many bytes together, but at least `least`.
    fn split(
        &mut self,
        items: usize,
        bytes: usize,
        least: usize,
        first_len: fn(&[u8]) -> usize,
        spares: &Spares,
    ) -> Self {
        let mut head = Chunk {
            bytes: Vec::new(),
            start: 0,
            runs: VecDeque::new(),
        };
        let start = self.start;
        let mut taken = 0;
        while let Some(run) = self.runs.front_mut() {
            let mut count = 0;
            while run.count > 0 && taken < items {
                let len = first_len(&self.bytes[self.start..run.end]);
                let is_light = self.start + len - start <= bytes;
                if !is_light && taken >= least {
                    break;
                }
                self.start += len;
                run.count -= 1;
                count += 1;
                taken += 1;
            }
            if count > 0 {
                head.runs.push_back(Run {
                    group: run.group.clone(),
                    count,
                    end: self.start - start,
                });
            }
            if run.count > 0 {
                break;
            }
            self.runs.pop_front();
        }
        let moved = &self.bytes[start..self.start];
        head.bytes = spares.take();
        if head.bytes.len() < moved.len() {
            head.bytes.resize(moved.len(), 0);
        }
        head.bytes[..moved.len()].copy_from_slice(moved);
        head
    }
}

/// Items that were taken at once.
#[derive(Debug)]
pub(crate) struct Batch<S> {
    chunks: Vec<Chunk<S>>,
    items: usize,
    bytes: usize,
    spares: Arc<Spares>,
}

impl<S: Clone> Batch<S> {
    fn empty(spares: &Arc<Spares>) -> Self {
        Batch {
            chunks: Vec::new(),
            items: 0,
            bytes: 0,
            spares: Arc::clone(spares),
        }
    }

    fn add(&mut self, chunk: Chunk<S>) {
        self.items += chunk.items();
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }

    /// How many items are in it.
    pub(crate) fn len(&self) -> usize {
        self.items
    }

    /// Groups, with the bytes of some of their items: a group may come more than once.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&S, &[u8])> {
        self.chunks.iter().flat_map(|chunk| {
            let mut start = chunk.start;
            chunk.runs.iter().map(move |run| {
                let bytes = &chunk.bytes[start..run.end];
                start = run.end;
                (&run.group, bytes)
            })
        })
    }

    /// Moves the later half of the items to a batch of their own.
    pub(crate) fn split_off(&mut self, first_len: fn(&[u8]) -> usize) -> Self {
        let mut left = self.items.div_ceil(2);
        let mut first = Batch::empty(&self.spares);
        let mut chunks = VecDeque::from(mem::take(&mut self.chunks));
        while let Some(mut chunk) = chunks.pop_front() {
            if chunk.items() <= left {
                left -= chunk.items();
                first.add(chunk);
            } else {
                let head = chunk.split(left, usize::MAX, 0, first_len, &self.spares);
                first.add(head);
                chunks.push_front(chunk);
                break;
            }
        }
        let mut later = Batch::empty(&self.spares);
        chunks.into_iter().for_each(|chunk| later.add(chunk));
        *self = first;
        later
    }
}

/// Its buffers are used again.
impl<S> Drop for Batch<S> {
    fn drop(&mut self) {
        for chunk in self.chunks.drain(..) {
            self.spares.keep(chunk.bytes);
        }
    }
}

/// Buffers, for the slots to come: a buffer that is new has to be fetched from the system page by page.
#[derive(Debug)]
struct Spares(Mutex<Vec<Vec<u8>>>);

/// Buffers that are kept.
const MAX_SPARES: usize = 8;
/// The largest of them, in bytes.
const MAX_SPARE: usize = 1 << 20;
/// All of them together, in bytes, while nothing waits: what a few batches need.
const MAX_IDLE: usize = 512 << 10;

impl Spares {
    fn take(&self) -> Vec<u8> {
        let spare = self.0.lock().and_then(|mut spares| spares.pop());
        spare.unwrap_or_default()
    }

    /// One of so many bytes, or a new one; one that is shorter is not worth keeping.
    fn at_least(&self, len: usize) -> Vec<u8> {
        let spare = self.take();
        match spare.len() >= len {
            true => spare,
            false => vec![0; len],
        }
    }

    fn keep(&self, buffer: Vec<u8>) {
        if buffer.is_empty() || buffer.len() > MAX_SPARE {
            return;
        }
        match self.0.lock() {
            Some(mut spares) if spares.len() < MAX_SPARES => spares.push(buffer),
            _ => {}
        }
    }

    /// Frees what there is more of than while nothing waits.
    fn trim(&self) {
        let spares = self.0.lock().map(|mut spares| mem::take(&mut *spares));
        let mut spares = spares.unwrap_or_default();
        let mut left = MAX_IDLE;
        spares.retain(|buffer| match left.checked_sub(buffer.len()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        });
        if let Some(mut now) = self.0.lock() {
            // What came meanwhile is freed after the lock.
            mem::swap(&mut *now, &mut spares);
        }
    }
}
