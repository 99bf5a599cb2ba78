//! The buffers of a queue: they grow, and are kept for reuse, but not too many of them.

use super::one_thread::{One, check};
use super::sink::{Batch, Pushed};

#[test]
fn a_buffer_grows_and_keeps_what_is_in_it() {
    check(|| {
        let one = One::new(10_000, 100_000, 10_000, 100_000);
        for round in 0..3 {
            // More groups than a slot has runs at first, and more bytes than its first buffer.
            let groups: Vec<u8> = (0..6_000_u32).map(|index| (index / 100) as u8).collect();
            one.push_all(&groups);
            let expected: Vec<(u8, usize)> = (0..60).map(|group| (group, 100)).collect();
            assert_eq!(one.take(), expected, "{round}");
        }
    });
}

/// A queue with a buffer of each length that is at least this many bytes, as batches.
fn batches_of(lengths: &[usize]) -> (One, Vec<Batch<u8>>) {
    let items: usize = lengths.iter().map(|length| length / 2).sum();
    let one = One::new(2 * items, 4 * items, 2 * items, 4 * items);
    let batches = lengths.iter().map(|length| {
        // A slot without a buffer takes one that is as long as its items.
        let slot = one.sink().acquire().unwrap();
        for _ in 0..length / 2 {
            assert_eq!(one.checked.push(&slot, 1), Pushed::Waiting);
        }
        one.sink().take()
    });
    let batches = batches.collect();
    (one, batches)
}

#[test]
fn the_buffers_of_batches_are_used_again() {
    check(|| {
        let one = One::new(64, 1_000, 64, 1_000);
        one.push_all(&[1]);
        assert_eq!(one.sink().spare_buffers(), []);
        drop(one.sink().take());
        let kept = one.sink().spare_buffers();
        assert_eq!(kept.len(), 1);
        // The slot takes it for its next item.
        one.push_all(&[1]);
        assert_eq!(one.sink().spare_buffers(), []);
        drop(one.sink().take());
        assert_eq!(one.sink().spare_buffers(), kept);
    });
}

#[test]
fn no_more_than_a_few_buffers_are_kept() {
    check(|| {
        let (one, batches) = batches_of(&[2; 10]);
        drop(batches);
        assert_eq!(one.sink().spare_buffers().len(), 8);
    });
}

#[test]
fn a_large_buffer_is_not_kept() {
    check(|| {
        let one = One::new(8, 4 << 20, 8, 4 << 20);
        for (length, kept) in [(1 << 20, 1), ((1 << 20) + 1, 0)] {
            let push = |place: &mut [u8]| place[0] = 1;
            let pushed = one.sink().push(&one.slot, &1, length, push);
            assert_eq!(pushed, Pushed::Waiting);
            let batch = one.sink().take();
            one.sink().settle(1, 1);
            drop(batch);
            assert_eq!(one.sink().spare_buffers().len(), kept, "{length}");
        }
    });
}

#[test]
fn while_no_item_waits_little_memory_is_kept() {
    check(|| {
        let (one, batches) = batches_of(&[300 << 10, 300 << 10, 100 << 10]);
        let settled: usize = batches.iter().map(Batch::len).sum();
        one.sink().settle(settled as u64, settled as u64);
        drop(batches);
        let kept: usize = one.sink().spare_buffers().iter().sum();
        assert!(kept > 512 << 10, "{kept}");
        assert!(!one.sink().has_some());
        let kept: usize = one.sink().spare_buffers().iter().sum();
        assert!((100 << 10..=512 << 10).contains(&kept), "{kept}");
    });
}

#[test]
fn while_no_item_waits_slots_keep_no_buffers() {
    check(|| {
        let one = One::new(64, 1_000, 64, 1_000);
        one.push_all(&[1]);
        // The slot keeps the spare buffer of its second drain.
        drop(one.sink().take());
        one.push_all(&[1]);
        one.sink().drain();
        let (kept, before) = (one.sink().take(), one.sink().spare_buffers());
        drop(kept);
        assert_eq!(before.len(), 0);
        assert!(!one.sink().has_some());
        assert_eq!(one.sink().spare_buffers().len(), 1);
    });
}

#[test]
fn a_buffer_whose_items_are_all_taken_is_kept_at_once() {
    check(|| {
        // The only item is larger than a batch, so that it is moved out of the buffer of the slot.
        let one = One::new(64, 1_000, 5, 1);
        one.push_all(&[1]);
        let batch = one.sink().take();
        assert_eq!(one.sink().spare_buffers().len(), 1);
        drop(batch);
        assert_eq!(one.sink().spare_buffers().len(), 2);
    });
}
