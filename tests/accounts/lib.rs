//! The counts of `runtime/src/recorder/sink.rs` are right in whatever order its threads run.
//!
//! This crate compiles the file with the locks and atomics of shuttle, which runs one thread at a time, and chooses
//! at each lock and atomic the thread that goes on. Shuttle does not reorder memory accesses. The file does not depend
//! on that: its atomics without a lock are sequentially consistent.

#![cfg(test)]
#![allow(
    clippy::manual_is_multiple_of,
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the file is a part of another crate"
)]

mod buffers;
mod one_thread;
#[path = "../../runtime/src/recorder/sink.rs"]
mod sink;
mod sync;
mod wakes;

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;

use self::sink::{Bounds, Counts, Pushed, Sink, Slot};

/// The first byte of an item is its length.
fn first_len(items: &[u8]) -> usize {
    usize::from(items[0])
}

struct Checked {
    sink: Sink<u8>,
    woken: Arc<AtomicUsize>,
}

impl Checked {
    fn new(items: usize, batch: usize) -> Arc<Self> {
        Self::within(Bounds {
            items,
            bytes: 1_000,
            batch,
            batch_bytes: 1_000,
        })
    }

    fn within(bounds: Bounds) -> Arc<Self> {
        let woken = Arc::new(AtomicUsize::new(0));
        let wakes = Arc::clone(&woken);
        let wake = Box::new(move || {
            wakes.fetch_add(1, Ordering::SeqCst);
            true
        });
        Arc::new(Checked {
            sink: Sink::new(bounds, wake, first_len),
            woken,
        })
    }

    fn push(&self, slot: &Slot<u8>, group: u8) -> Pushed {
        self.sink
            .push(slot, &group, 2, |place| place.copy_from_slice(&[2, group]))
    }

    /// A thread that pushes this many items. It returns how many were accepted.
    fn producer(self: &Arc<Self>, group: u8, count: u64) -> thread::JoinHandle<u64> {
        let checked = Arc::clone(self);
        thread::spawn(move || {
            let slot = checked.sink.acquire().unwrap();
            let pushed = (0..count).map(|_| checked.push(&slot, group));
            let waiting = pushed.filter(|pushed| *pushed == Pushed::Waiting).count();
            checked.sink.release(slot);
            waiting as u64
        })
    }

    /// Exports a batch, and returns the number of its items.
    fn export(&self) -> u64 {
        let batch = self.sink.take();
        let items = batch.len() as u64;
        let written: usize = batch.runs().map(|(_, bytes)| bytes.len() / 2).sum();
        assert_eq!(written as u64, items, "the count of a batch is wrong");
        self.sink.settle(items, items);
        items
    }

    fn sum(&self) -> u64 {
        sum(self.sink.counts())
    }
}

fn sum(counts: Counts) -> u64 {
    counts.pending + counts.exported + counts.dropped + counts.failed
}

/// How many items were accepted.
fn join<const N: usize>(producers: [thread::JoinHandle<u64>; N]) -> u64 {
    producers.map(|each| each.join().unwrap()).iter().sum()
}

/// Runs a test under random schedules, and under schedules that switch threads only three times, at random places.
fn check(runs: usize, test: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(test, runs);
    shuttle::check_pct(test, runs, 3);
}

#[test]
fn each_item_is_counted_once_and_waiting_items_are_bounded() {
    check(500, || {
        let checked = Checked::new(3, 2);
        let producers = [checked.producer(1, 4), checked.producer(2, 4)];
        let worker = {
            let checked = Arc::clone(&checked);
            thread::spawn(move || {
                for _ in 0..3 {
                    let counts = checked.sink.counts();
                    // No batch is being exported now, so that all pending items wait.
                    assert!(counts.pending <= 3, "{counts:?}");
                    checked.export();
                }
            })
        };
        let accepted = join(producers);
        worker.join().unwrap();
        while checked.export() > 0 {}
        let counts = checked.sink.counts();
        assert_eq!((counts.exported, counts.pending), (accepted, 0));
        assert_eq!(counts.dropped, 8 - accepted);
    });
}

#[test]
fn the_counts_are_right_at_any_time() {
    check(500, || {
        let checked = Checked::new(4, 2);
        let producers = [checked.producer(1, 3), checked.producer(2, 3)];
        let reporter = {
            let checked = Arc::clone(&checked);
            thread::spawn(move || {
                let mut before = 0;
                for _ in 0..4 {
                    let now = checked.sum();
                    assert!(before <= now && now <= 6, "{before}, {now}");
                    before = now;
                }
            })
        };
        for _ in 0..4 {
            checked.export();
        }
        join(producers);
        reporter.join().unwrap();
        assert_eq!(checked.sum(), 6);
    });
}

#[test]
fn a_flush_exports_the_earlier_items_of_all_threads() {
    check(500, || {
        let checked = Checked::new(64, 2);
        let (first, second) = (checked.producer(1, 1), checked.producer(2, 1));
        // Two items are pushed before the flush, and other threads push more during it.
        let ended = first.join().unwrap() + second.join().unwrap();
        let others = [checked.producer(3, 3), checked.producer(4, 3)];
        let to_come = checked.sink.drain() as u64;
        assert!(to_come >= ended);
        let mut seen = Vec::new();
        let mut taken = 0;
        while taken < to_come {
            let batch = checked.sink.take();
            taken += batch.len() as u64;
            seen.extend(batch.runs().flat_map(|(_, bytes)| bytes.to_vec()));
            checked.sink.settle(batch.len() as u64, batch.len() as u64);
        }
        for group in [1, 2] {
            assert!(seen.chunks(2).any(|item| item[1] == group), "{group}");
        }
        join(others);
    });
}

#[test]
fn a_push_during_the_close_is_counted() {
    check(500, || {
        let checked = Checked::new(8, 2);
        let producers = [checked.producer(1, 3), checked.producer(2, 3)];
        let closer = {
            let checked = Arc::clone(&checked);
            thread::spawn(move || {
                checked.export();
                checked.sink.finish();
                let counts = checked.sink.counts();
                assert_eq!(counts.pending, 0, "{counts:?}");
            })
        };
        let accepted = join(producers);
        closer.join().unwrap();
        let counts = checked.sink.counts();
        assert_eq!(sum(counts), 6);
        // Accepted items were exported, or dropped at the end.
        assert!(
            counts.exported <= accepted && counts.pending == 0,
            "{counts:?}"
        );
    });
}

#[test]
fn a_busy_thread_takes_the_credits_that_others_do_not_use() {
    check(30, || {
        // A thread takes two credits at a time.
        let checked = Checked::new(128, 128);
        let slots: Vec<_> = (0..3).map(|_| checked.sink.acquire().unwrap()).collect();
        for slot in &slots {
            assert_eq!(checked.push(slot, 1), Pushed::Waiting);
        }
        let busy = {
            let checked = Arc::clone(&checked);
            let slot = Arc::clone(&slots[0]);
            thread::spawn(move || {
                for _ in 0..125 {
                    assert_eq!(checked.push(&slot, 1), Pushed::Waiting);
                }
            })
        };
        busy.join().unwrap();
        assert_eq!(checked.push(&slots[1], 1), Pushed::Full);
        assert_eq!(checked.export(), 128);
        assert_eq!(checked.push(&slots[1], 1), Pushed::Waiting);
    });
}

#[test]
fn a_sleeping_worker_is_woken() {
    check(500, || {
        let checked = Checked::new(64, 64);
        // The worker is awake and has exported everything.
        checked.producer(1, 1).join().unwrap();
        assert!(checked.sink.has_some());
        checked.export();
        let producers = [checked.producer(1, 1)];
        let woken = checked.woken.load(Ordering::SeqCst);
        // A worker asks this before it sleeps until it is woken.
        let sleeps = !checked.sink.has_some();
        join(producers);
        let is_woken = checked.woken.load(Ordering::SeqCst) > woken;
        assert!(!sleeps || is_woken, "it sleeps for ever");
    });
}

#[test]
fn a_worker_is_woken_when_its_batch_is_full() {
    check(500, || {
        let checked = Checked::new(64, 4);
        checked.producer(1, 1).join().unwrap();
        // A worker with items but without a full batch sleeps for a while.
        assert!(checked.sink.has_some() && !checked.sink.has_batch());
        let woken = checked.woken.load(Ordering::SeqCst);
        let producers = [checked.producer(1, 2), checked.producer(2, 1)];
        join(producers);
        assert!(checked.woken.load(Ordering::SeqCst) > woken, "it is late");
        assert!(checked.sink.has_batch());
    });
}

#[test]
fn a_reused_slot_keeps_its_waiting_items() {
    check(500, || {
        let checked = Checked::new(64, 64);
        let first = checked.producer(1, 2);
        let second = checked.producer(2, 2);
        first.join().unwrap();
        let third = checked.producer(3, 2);
        second.join().unwrap();
        third.join().unwrap();
        assert_eq!(checked.export(), 6);
        assert_eq!(checked.sum(), 6);
    });
}
