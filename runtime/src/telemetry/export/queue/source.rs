//! The traits that workers and reports use, implemented for the queue.

use std::fmt;

use super::super::source::{QueueStats, Source};
use super::Queue;
use crate::recorder::sink::Counts;
#[cfg(feature = "metrics")]
use crate::recorder::sink::Places;

impl<T: fmt::Debug + Send + 'static> Source for Queue<T> {
    type Batch = Vec<T>;

    fn has_some(&self) -> bool {
        Queue::waiting(self) > 0
    }

    fn has_batch(&self) -> bool {
        Queue::has_batch(self)
    }

    fn waiting(&self) -> usize {
        Queue::waiting(self)
    }

    async fn woken(&self) {
        self.wake.notified().await;
    }

    fn take(&self) -> (Vec<T>, usize) {
        let batch = Queue::take(self);
        let items = batch.len();
        (batch, items)
    }

    fn settle(&self, taken: u64, exported: u64) {
        Queue::settle(self, taken, exported);
    }

    fn fail_in_flight(&self) -> u64 {
        Queue::fail_in_flight(self)
    }
}

impl<T: fmt::Debug + Send> QueueStats for Queue<T> {
    fn counts(&self) -> Counts {
        Queue::counts(self)
    }

    #[cfg(feature = "metrics")]
    fn places(&self) -> Places {
        let inner = self.inner();
        Places {
            capacity: self.bounds.items as u64,
            waiting: inner.waiting as u64,
            in_flight: inner.in_flight,
            exported: inner.exported,
            failed: inner.failed,
            full: inner.dropped - inner.closed - inner.late,
            closed: inner.closed,
            late: inner.late,
        }
    }

    fn close(&self) {
        Queue::close(self);
    }

    fn finish(&self) {
        Queue::finish(self);
    }

    fn is_over(&self) -> bool {
        Queue::is_over(self)
    }
}
