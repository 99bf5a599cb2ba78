//! The place where items wait for a worker: a queue for log records, the slots of threads for
//! spans.

use std::fmt;

use crate::recorder::sink::Counts;
#[cfg(feature = "metrics")]
use crate::recorder::sink::Places;

/// The source of a worker: a queue that it empties.
pub(crate) trait Source: QueueStats + 'static {
    /// Items that are taken at once.
    type Batch: Send;

    /// Whether anything waits. If not, the first item that comes wakes the worker.
    fn has_some(&self) -> bool;

    /// Whether what waits is worth an export at once.
    fn has_batch(&self) -> bool;

    /// How many items wait now: they will be taken before any that come later.
    fn waiting(&self) -> usize;

    /// Waits until there may be something to do.
    fn woken(&self) -> impl Future<Output = ()> + Send;

    /// Takes up to a batch, and says how many items are in it; from now until
    /// [`settle`](Self::settle) they are in flight.
    fn take(&self) -> (Self::Batch, usize);

    /// Of `taken` items in flight, `exported` were exported and the others failed.
    fn settle(&self, taken: u64, exported: u64);

    /// Counts everything in flight as failed; returns the number of items.
    fn fail_in_flight(&self) -> u64;
}

/// The counts of all items that ever came, of any signal.
pub(crate) trait QueueStats: fmt::Debug + Send + Sync {
    fn counts(&self) -> Counts;

    /// Where items are, and why some were dropped.
    #[cfg(feature = "metrics")]
    fn places(&self) -> Places;

    /// Drops everything that is pushed from now on.
    fn close(&self);

    /// Ends all accounts: what is in flight has failed, what waits is dropped.
    fn finish(&self);

    /// Whether the counts are final.
    fn is_over(&self) -> bool;
}
