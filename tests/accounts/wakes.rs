//! When the worker of a queue is woken, and when not.

use super::one_thread::{One, check};
use super::sink::Pushed;

#[test]
fn the_worker_is_woken_by_the_first_item_and_by_a_batch() {
    check(|| {
        let one = One::new(64, 1_000, 4, 1_000);
        assert_eq!(one.woken(), 0);
        one.push_all(&[1]);
        assert_eq!(one.woken(), 1);
        assert!(one.sink().has_some() && !one.sink().has_batch());
        one.push_all(&[1, 1]);
        assert_eq!(one.woken(), 1);
        one.push_all(&[1]);
        assert_eq!(one.woken(), 2);
        // It was woken for this batch already.
        one.push_all(&[1, 1]);
        assert_eq!(one.woken(), 2);
        assert!(one.sink().has_batch());
        one.take();
        one.take();
        assert!(!one.sink().has_some());
        one.push_all(&[1]);
        assert_eq!(one.woken(), 3);
    });
}

#[test]
fn the_worker_is_woken_when_its_bytes_are_a_batch() {
    check(|| {
        // So few bytes are lent one by one.
        let one = One::new(64, 100, 64, 6);
        one.push_all(&[1]);
        assert!(one.sink().has_some() && !one.sink().has_batch());
        let woken = one.woken();
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken);
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken + 1);
        assert!(one.sink().has_batch());
    });
}

#[test]
fn the_worker_is_woken_by_the_last_item_of_a_batch_of_lent_places() {
    check(|| {
        // A slot takes two places at a time, but no more than complete a batch.
        let one = One::new(128, 1_000, 4, 1_000);
        one.push_all(&[1]);
        // This takes the other place back, so that the next two complete no batch.
        assert!(one.sink().has_some() && !one.sink().has_batch());
        let woken = one.woken();
        one.push_all(&[1, 1]);
        assert_eq!(one.woken(), woken);
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken + 1);

        // Nobody has looked for items since the first one.
        let one = One::new(129, 1_000, 3, 1_000);
        one.push_all(&[1, 1]);
        assert_eq!(one.woken(), 1);
        one.push_all(&[1]);
        assert_eq!(one.woken(), 2);
    });
}

#[test]
fn the_last_place_wakes_the_worker() {
    check(|| {
        let one = One::new(3, 1_000, 2, 1_000);
        one.push_all(&[1, 1]);
        assert!(one.sink().has_some() && one.sink().has_batch());
        let woken = one.woken();
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken + 1);
    });
}

#[test]
fn a_full_queue_wakes_the_worker() {
    check(|| {
        let one = One::new(2, 1_000, 2, 1_000);
        one.push_all(&[1, 1]);
        assert!(one.sink().has_some() && one.sink().has_batch());
        let woken = one.woken();
        assert_eq!(one.push(1), Pushed::Full);
        assert_eq!(one.woken(), woken + 1);
        assert_eq!(one.push(1), Pushed::Full);
        assert_eq!(one.woken(), woken + 1);
    });
}

#[test]
fn an_item_wakes_a_sleeping_worker_if_only_a_place_is_lent_for_it() {
    check(|| {
        // Of the bytes that are lent for the first item, enough are left for the second.
        let one = One::new(64, 1_000, 4, 1_000);
        one.push_all(&[1]);
        one.take();
        assert!(!one.sink().has_some());
        let woken = one.woken();
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken + 1);
    });
}

#[test]
fn a_worker_that_left_a_batch_is_woken_again() {
    check(|| {
        let one = One::new(64, 1_000, 4, 1_000);
        one.push_all(&[1; 4]);
        assert!(one.sink().has_batch());
        let woken = one.woken();
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken + 1);
        one.push_all(&[1]);
        assert_eq!(one.woken(), woken + 1);
    });
}
