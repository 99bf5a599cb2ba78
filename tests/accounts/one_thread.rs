//! What one thread can see of a queue: the sizes of batches, the counts, and when the worker is woken. The locks are
//! shuttle's, which work only in a check.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::sink::{Batch, Bounds, Pushed, Sink, Slot};
use super::{Checked, first_len};

pub(super) fn check(test: impl Fn() + Send + Sync + 'static) {
    shuttle::check_random(test, 1);
}

/// A queue with one slot.
pub(super) struct One {
    pub(super) checked: Arc<Checked>,
    pub(super) slot: Arc<Slot<u8>>,
}

impl One {
    /// `bytes` and `batch_bytes` are numbers of bytes; an item has two.
    pub(super) fn new(items: usize, bytes: usize, batch: usize, batch_bytes: usize) -> Self {
        let checked = Checked::within(Bounds {
            items,
            bytes,
            batch,
            batch_bytes,
        });
        let slot = checked.sink.acquire().unwrap();
        One { checked, slot }
    }

    pub(super) fn sink(&self) -> &Sink<u8> {
        &self.checked.sink
    }

    pub(super) fn push(&self, group: u8) -> Pushed {
        self.checked.push(&self.slot, group)
    }

    pub(super) fn push_all(&self, groups: &[u8]) {
        for group in groups {
            assert_eq!(self.push(*group), Pushed::Waiting);
        }
    }

    pub(super) fn woken(&self) -> usize {
        self.checked.woken.load(Ordering::SeqCst)
    }

    /// The groups of the runs of the next batch, each with the number of its items.
    pub(super) fn take(&self) -> Vec<(u8, usize)> {
        let batch = self.sink().take();
        self.sink().settle(batch.len() as u64, batch.len() as u64);
        runs(&batch)
    }
}

/// The groups of a batch's runs, each with the number of its items, whose bytes must be those of the group.
fn runs(batch: &Batch<u8>) -> Vec<(u8, usize)> {
    let runs = batch.runs().map(|(group, bytes)| {
        assert!(bytes.chunks(2).all(|item| item == [2, *group]), "{bytes:?}");
        (*group, bytes.len() / 2)
    });
    let runs: Vec<(u8, usize)> = runs.collect();
    let items: usize = runs.iter().map(|(_, items)| items).sum();
    assert_eq!(items, batch.len());
    runs
}

#[test]
fn what_of_a_batch_is_not_exported_has_failed() {
    check(|| {
        let one = One::new(4, 1_000, 3, 1_000);
        one.push_all(&[1, 1, 1, 1]);
        assert_eq!(one.push(1), Pushed::Full);
        assert_eq!(one.sink().take().len(), 3);
        one.sink().settle(3, 1);
        let counts = one.sink().counts();
        assert_eq!(
            (counts.exported, counts.failed, counts.pending),
            (1, 2, 1),
            "{counts:?}"
        );
        assert_eq!(one.sink().places().waiting, 1);
        // No more than were taken can be settled.
        assert_eq!(one.sink().take().len(), 1);
        one.sink().settle(5, 5);
        one.sink().finish();
        assert_eq!(one.push(1), Pushed::Closed);
        let places = one.sink().places();
        assert_eq!((places.exported, places.failed), (2, 2));
        assert_eq!(
            (places.full, places.closed, places.late, places.waiting),
            (1, 1, 0, 0)
        );
        one.sink().release(Arc::clone(&one.slot));
    });
}

#[test]
fn each_item_is_in_one_count() {
    check(|| {
        let one = One::new(10, 1_000, 2, 1_000);
        one.push_all(&[1; 7]);
        one.take();
        let batch = one.sink().take();
        one.sink().settle(batch.len() as u64, 0);
        let flying = one.sink().take();
        let counts = one.sink().counts();
        assert_eq!((counts.exported, counts.failed), (2, 2));
        assert_eq!((counts.pending, counts.dropped), (3, 0));
        let places = one.sink().places();
        assert_eq!((places.exported, places.failed), (2, 2));
        assert_eq!((places.in_flight, places.waiting), (2, 1));
        assert_eq!(places.capacity, 10);
        drop(flying);
        assert!(!one.sink().is_over());
        one.sink().finish();
        assert!(one.sink().is_over());
        assert_eq!(one.push(1), Pushed::Closed);
        let counts = one.sink().counts();
        assert_eq!((counts.exported, counts.failed), (2, 4));
        assert_eq!((counts.pending, counts.dropped), (0, 2));
        let places = one.sink().places();
        assert_eq!((places.late, places.closed, places.full), (1, 1, 0));
        assert_eq!((places.in_flight, places.waiting), (0, 0));
        // What was counted stays as it is.
        one.sink().finish();
        one.sink().settle(1, 1);
        assert_eq!(one.sink().counts(), counts);
    });
}

#[test]
fn what_is_in_flight_fails_once() {
    check(|| {
        let one = One::new(10, 1_000, 2, 1_000);
        one.push_all(&[1, 1, 1]);
        let batch = one.sink().take();
        assert_eq!(one.sink().fail_in_flight(), 2);
        assert_eq!(one.sink().fail_in_flight(), 0);
        // Settling it later changes nothing.
        one.sink().settle(batch.len() as u64, batch.len() as u64);
        let counts = one.sink().counts();
        assert_eq!((counts.failed, counts.pending), (2, 1), "{counts:?}");
        assert_eq!(counts.exported, 0);
    });
}

#[test]
fn a_batch_has_no_more_items_and_bytes_than_its_bounds() {
    check(|| {
        let one = One::new(64, 1_000, 5, 1_000);
        one.push_all(&[1, 1, 2, 2, 2, 1, 3]);
        assert_eq!(one.sink().drain(), 7);
        assert_eq!(one.take(), [(1, 2), (2, 3)]);
        assert_eq!(one.take(), [(1, 1), (3, 1)]);
        assert_eq!(one.take(), []);

        // The items of several drains share a batch, and its bound.
        one.push_all(&[1, 1]);
        one.sink().drain();
        one.push_all(&[2; 5]);
        assert_eq!(one.take(), [(1, 2), (2, 3)]);
        assert_eq!(one.take(), [(2, 2)]);

        let one = One::new(64, 1_000, 5, 6);
        one.push_all(&[1, 1, 2, 2, 2, 1, 3]);
        assert_eq!(one.take(), [(1, 2), (2, 1)]);
        assert_eq!(one.take(), [(2, 2), (1, 1)]);
        assert_eq!(one.take(), [(3, 1)]);

        // Items that are staged already come before those that were pushed later, and share a batch with them.
        one.push_all(&[1, 1]);
        one.sink().drain();
        one.push_all(&[2, 2]);
        assert_eq!(one.take(), [(1, 2), (2, 1)]);
        assert_eq!(one.take(), [(2, 1)]);
    });
}

#[test]
fn an_item_that_is_larger_than_a_batch_is_taken_alone() {
    check(|| {
        let one = One::new(64, 1_000, 5, 1);
        one.push_all(&[1, 1, 2]);
        assert_eq!(one.take(), [(1, 1)]);
        assert_eq!(one.take(), [(1, 1)]);
        assert_eq!(one.take(), [(2, 1)]);
        assert_eq!(one.take(), []);
    });
}

#[test]
fn the_later_half_of_a_batch_is_split_off() {
    check(|| {
        let one = One::new(64, 1_000, 64, 1_000);
        one.push_all(&[1, 1]);
        one.sink().drain();
        one.push_all(&[2, 3, 3]);
        let mut batch = one.sink().take();
        let later = batch.split_off(first_len);
        assert_eq!(runs(&batch), [(1, 2), (2, 1)]);
        assert_eq!(runs(&later), [(3, 2)]);
        let later = batch.split_off(first_len);
        assert_eq!(runs(&batch), [(1, 2)]);
        assert_eq!(runs(&later), [(2, 1)]);
    });
}

#[test]
fn a_slot_is_used_again() {
    check(|| {
        let one = One::new(4, 1_000, 3, 1_000);
        let slot = Arc::clone(&one.slot);
        one.sink().release(Arc::clone(&slot));
        let next = one.sink().acquire().unwrap();
        assert!(Arc::ptr_eq(&slot, &next));
        let other = one.sink().acquire().unwrap();
        assert!(!Arc::ptr_eq(&slot, &other));
    });
}

#[test]
fn a_close_takes_lent_credits_back() {
    check(|| {
        // A slot takes two places and fifteen bytes at a time.
        let one = One::new(128, 1_000, 64, 4);
        one.push_all(&[1]);
        one.sink().close();
        assert_eq!(one.take(), [(1, 1)]);
        assert!(!one.sink().has_some());
        assert!(!one.sink().has_batch());
    });
}

#[test]
fn waiting_bytes_are_bounded() {
    check(|| {
        let one = One::new(64, 5, 64, 1_000);
        one.push_all(&[1, 1]);
        assert_eq!(one.push(1), Pushed::FullOfBytes);
        let places = one.sink().places();
        assert_eq!((places.full, places.closed, places.waiting), (1, 0, 2));
        assert_eq!(one.take(), [(1, 2)]);
        one.push_all(&[1, 1]);
        // The last place that is free can be taken by another slot.
        let other = one.sink().acquire().unwrap();
        let pushed = one.sink().push(&other, &1, 1, |place| place[0] = 1);
        assert_eq!(pushed, Pushed::Waiting);
        let pushed = one.sink().push(&other, &1, 1, |place| place[0] = 1);
        assert_eq!(pushed, Pushed::FullOfBytes);
    });
}

#[test]
fn lent_credits_are_no_waiting_items() {
    check(|| {
        // A slot takes two credits at a time.
        let one = One::new(128, 1_000, 2, 1_000);
        one.push_all(&[1]);
        assert!(one.sink().has_some());
        assert!(!one.sink().has_batch());
        assert_eq!(one.take(), [(1, 1)]);
        assert!(!one.sink().has_some());
        one.push_all(&[1, 1]);
        assert!(one.sink().has_batch());
    });
}

#[test]
fn enough_bytes_are_a_batch() {
    check(|| {
        let one = One::new(64, 1_000, 64, 4);
        one.push_all(&[1]);
        assert!(!one.sink().has_batch());
        one.push_all(&[1]);
        assert!(one.sink().has_batch());
    });
}

#[test]
fn a_forked_process_exports_nothing() {
    check(|| {
        let bounds = Bounds {
            items: 4,
            bytes: 1_000,
            batch: 2,
            batch_bytes: 1_000,
        };
        let sink = Sink::new(bounds, Box::new(|| false), first_len);
        let slot = sink.acquire().unwrap();
        let push = || sink.push(&slot, &1, 2, |place| place.copy_from_slice(&[2, 1]));
        assert_eq!(push(), Pushed::Forked);
        assert_eq!(push(), Pushed::Closed);
        // A slot of a closed queue is closed.
        let slot = sink.acquire().unwrap();
        let pushed = sink.push(&slot, &1, 2, |place| place.copy_from_slice(&[2, 1]));
        assert_eq!(pushed, Pushed::Closed);
    });
}
