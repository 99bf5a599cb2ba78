//! A slot: the waiting items of one thread.

use super::super::sync::{Mutex, MutexGuard};

/// The waiting items of one thread.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Slot<S>(Mutex<Inner<S>>);

#[derive(Debug)]
pub(super) struct Inner<S> {
    /// The buffer. The first `used` bytes are waiting items; behind them are zeros or remains of earlier items.
    pub(super) bytes: Vec<u8>,
    /// The length of the waiting items.
    pub(super) used: usize,
    pub(super) runs: Vec<Run<S>>,
    /// How many more items, and bytes, can be pushed before more credits have to be borrowed.
    pub(super) credits: usize,
    pub(super) room: usize,
    /// Whether using the last of the credits completes a batch.
    pub(super) wakes: bool,
    pub(super) accepted: u64,
    pub(super) dropped: u64,
    /// How many of the dropped items were dropped because the slot was closed.
    pub(super) closed: u64,
    pub(super) is_closed: bool,
}

/// Consecutive items of one group.
#[derive(Debug, Clone)]
pub(crate) struct Run<S> {
    pub(crate) group: S,
    pub(crate) count: usize,
    /// The position at which the last item ends.
    pub(super) end: usize,
}

impl<S> Slot<S> {
    /// An empty slot.
    pub(super) fn new() -> Self {
        Slot(Mutex::new(Inner {
            bytes: Vec::new(),
            used: 0,
            runs: Vec::new(),
            credits: 0,
            room: 0,
            wakes: false,
            accepted: 0,
            dropped: 0,
            closed: 0,
            is_closed: false,
        }))
    }

    /// `None` in a process that was forked while another thread held the lock.
    #[inline]
    pub(super) fn lock(&self) -> Option<MutexGuard<'_, Inner<S>>> {
        self.0.lock()
    }
}

impl<S: Clone + PartialEq> Inner<S> {
    /// Whether an item can be pushed without taking credits or allocating.
    #[inline]
    pub(super) fn is_ready(&self, group: &S, len: usize) -> bool {
        let continues = self.runs.last().is_some_and(|run| run.group == *group);
        self.credits > 0
            && self.room >= len
            && self.bytes.len() - self.used >= len
            && (continues || self.runs.len() < self.runs.capacity())
    }

    #[inline]
    pub(super) fn push(&mut self, group: &S, len: usize, write: impl FnOnce(&mut [u8])) {
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
