//! The source of a worker: a queue of log records, or the slots of threads for spans.

use std::fmt;

use crate::recorder::sink::Counts;
#[cfg(feature = "metrics")]
use crate::recorder::sink::Places;

/// A queue that a worker empties.
pub(crate) trait Source: QueueStats + 'static {
    /// The items that are taken and exported together.
    type Batch: Send;

    /// Whether any item waits. If not, the next item wakes the worker.
    fn has_some(&self) -> bool;

    /// Whether the items that wait fill a batch, which is exported without delay.
    fn has_batch(&self) -> bool;

    /// The number of items that wait now. They are taken before any that come later.
    fn waiting(&self) -> usize;

    /// Waits until there may be something to do.
    fn woken(&self) -> impl Future<Output = ()> + Send;

    /// Takes up to a batch, and returns it with the number of its items; until
    /// [`settle`](Self::settle) they are in flight.
    fn take(&self) -> (Self::Batch, usize);

    /// Counts `exported` of the `taken` items in flight as exported, and the others as failed.
    fn settle(&self, taken: u64, exported: u64);

    /// Counts everything in flight as failed; returns the number of items.
    fn fail_in_flight(&self) -> u64;
}

/// The counts of all items that were ever pushed, for any signal.
pub(crate) trait QueueStats: fmt::Debug + Send + Sync {
    fn counts(&self) -> Counts;

    /// The counts in more detail: how many items are in each state, and why some were dropped.
    #[cfg(feature = "metrics")]
    fn places(&self) -> Places;

    /// Drops everything that is pushed from now on.
    fn close(&self);

    /// Makes the counts final: items in flight have failed, items that wait are dropped.
    fn finish(&self);

    /// Whether the counts are final.
    fn is_over(&self) -> bool;
}
