use super::*;

/// A queue whose limits in bytes are never reached: each item counts as one byte.
fn queue<T>(items: usize, batch: usize) -> Queue<T> {
    Queue::new(Bounds {
        items,
        bytes: usize::MAX,
        batch,
        batch_bytes: usize::MAX,
    })
}

fn sum(counts: Counts) -> u64 {
    counts.pending + counts.exported + counts.dropped + counts.failed
}

#[test]
fn each_item_is_counted_in_exactly_one_state() {
    let queue = queue(3, 2);
    let pushed: Vec<Pushed> = (0..5).map(|item| queue.push(item, 1)).collect();
    assert_eq!(
        pushed[2..],
        [Pushed::Waiting, Pushed::Full(1), Pushed::Full(2)]
    );
    assert_eq!(queue.take(), [0, 1]);
    assert_eq!(sum(queue.counts()), 5);
    queue.settle(2, 1);
    queue.finish();
    assert_eq!(queue.push(5, 1), Pushed::Closed);
    let counts = Counts {
        pending: 0,
        exported: 1,
        dropped: 4,
        failed: 1,
    };
    assert_eq!(queue.counts(), counts);
}

#[test]
fn the_end_makes_the_counts_final() {
    let queue = queue(8, 4);
    for item in 0..6 {
        queue.push(item, 1);
    }
    assert_eq!(queue.take().len(), 4);
    queue.finish();
    queue.settle(4, 4);
    assert!(queue.take().is_empty());
    let counts = queue.counts();
    assert_eq!((counts.failed, counts.dropped, counts.exported), (4, 2, 0));
}

#[test]
fn batches_are_in_order_and_as_large_as_allowed() {
    for max_batch in [1, 2, 255, 256, 512, 1000] {
        let queue = queue(3000, max_batch);
        for item in 0..2500 {
            queue.push(item, 1);
        }
        let mut all = Vec::new();
        while queue.waiting() > 0 {
            let is_whole = queue.has_batch();
            let batch = queue.take();
            assert!(!is_whole || batch.len() == max_batch, "{max_batch}");
            all.extend(batch);
        }
        assert!(all.iter().copied().eq(0..2500), "{max_batch}");
    }
}

#[test]
fn every_item_is_counted_for_any_batch_size() {
    for size in [1, 64, 2048, 1_000_000] {
        let queue = queue(size, 512);
        let taken = std::thread::scope(|scope| {
            let producers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for item in 0..50_000 {
                            queue.push(item, 1);
                        }
                    })
                })
                .collect();
            let mut taken = 0;
            while producers.iter().any(|producer| !producer.is_finished()) {
                let batch = queue.take().len() as u64;
                queue.settle(batch, batch);
                taken += batch;
            }
            taken
        });
        assert_eq!(queue.counts().exported, taken, "queue of {size}");
        assert_eq!(sum(queue.counts()), 200_000, "queue of {size}");
        queue.finish();
        assert_eq!(sum(queue.counts()), 200_000, "queue of {size}");
    }
}

#[test]
fn an_unlimited_queue_takes_little_memory_and_grows() {
    for batch in [512, usize::MAX] {
        let queue = queue(usize::MAX, batch);
        for item in 0..100_000 {
            assert_eq!(queue.push(item, 1), Pushed::Waiting);
        }
        let mut all = Vec::new();
        while queue.waiting() > 0 {
            all.extend(queue.take());
        }
        assert!(all.iter().copied().eq(0..100_000), "{batch}");
    }
}

#[test]
fn bytes_are_limited_and_freed_when_items_are_taken() {
    let queue = Queue::new(Bounds {
        items: 100,
        bytes: 10,
        batch: 4,
        batch_bytes: 8,
    });
    assert_eq!(queue.push(0, 11), Pushed::FullOfBytes(1));
    assert_eq!(queue.push(1, 7), Pushed::Waiting);
    assert!(!queue.has_batch());
    assert_eq!(queue.push(2, 4), Pushed::FullOfBytes(2));
    assert_eq!(queue.push(3, 3), Pushed::Waiting);
    assert!(queue.has_batch());
    assert_eq!(queue.take(), [1, 3]);
    assert_eq!(queue.push(4, 10), Pushed::Waiting);
    assert_eq!(sum(queue.counts()), 5);
}
