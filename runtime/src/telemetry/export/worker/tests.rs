use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::task::{Context, Poll, Waker};

use super::super::queue::Queue;
use super::*;
use crate::recorder::sink::{Bounds, Counts};

const LONG: Duration = Duration::from_secs(60);

/// Records its batches; panics at a 0, and counts a 1 as failed.
struct Recording {
    sent: Sender<Vec<u8>>,
    panics: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Destination<Queue<u8>> for Recording {
    async fn send(&mut self, batch: Vec<u8>, progress: &Progress<Queue<u8>>) {
        assert!(!batch.contains(&0), "a 0 came");
        let count = batch.len() as u64;
        let lost = batch.iter().filter(|item| **item == 1).count() as u64;
        self.sent.send(batch).unwrap();
        progress.settle(count, count - lost);
    }

    fn panicked(&self, lost: u64, message: &str) {
        self.panics.lock().unwrap().push((lost, message.to_owned()));
    }
}

fn queue() -> Arc<Queue<u8>> {
    Arc::new(Queue::new(Bounds {
        items: 100,
        bytes: 100,
        batch: 10,
        batch_bytes: 100,
    }))
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

#[test]
fn a_worker_without_a_delay_sleeps_until_an_item_comes() {
    let queue = queue();
    let (sent, seen) = channel();
    let panics = Arc::default();
    let destination = Recording { sent, panics };
    let (worker, commands) = Worker::new(Arc::clone(&queue), destination, Duration::ZERO);
    let runtime = runtime();
    let _inside = runtime.enter();
    let mut running = pin!(worker.run());
    let mut context = Context::from_waker(Waker::noop());
    // A worker that spins would never return from here.
    for _ in 0..3 {
        assert!(running.as_mut().poll(&mut context).is_pending());
    }
    queue.push(2, 1);
    while seen.try_recv().is_err() {
        assert!(running.as_mut().poll(&mut context).is_pending());
    }
    drop(commands);
    while running.as_mut().poll(&mut context) == Poll::Pending {}
    assert_eq!(queue.counts().exported, 1);
}

#[test]
fn a_panic_loses_one_batch() {
    let queue = queue();
    let (sent, seen) = channel();
    let panics = Arc::default();
    let destination = Recording {
        sent,
        panics: Arc::clone(&panics),
    };
    let (worker, commands) = Worker::new(Arc::clone(&queue), destination, Duration::ZERO);
    let thread = std::thread::spawn(move || runtime().block_on(worker.run()));
    for (items, is_sent) in [
        ([0, 2], false),
        ([3, 1], true),
        ([0, 4], false),
        ([5, 6], true),
    ] {
        // Sends both at once, or one after the other: a batch of 0 loses its first item.
        for item in items {
            queue.push(item, 1);
        }
        let (answer, is_done) = sync_channel(1);
        let deadline = Instant::now() + LONG;
        commands.send(Command::Flush(deadline, answer)).unwrap();
        is_done.recv_timeout(LONG).unwrap();
        let sent: usize = seen.try_iter().map(|batch| batch.len()).sum();
        assert!(sent == 2 || !is_sent, "{items:?}");
    }
    let (answer, is_done) = sync_channel(1);
    let deadline = Instant::now() + LONG;
    commands.send(Command::Shutdown(deadline, answer)).unwrap();
    is_done.recv_timeout(LONG).unwrap();
    thread.join().unwrap();
    let panics = panics.lock().unwrap();
    assert_eq!(panics.len(), 2);
    assert!(panics.iter().all(|(_, message)| message == "a 0 came"));
    let lost: u64 = panics.iter().map(|(lost, _)| lost).sum();
    let Counts {
        exported, failed, ..
    } = queue.counts();
    assert_eq!((exported + failed, failed), (8, lost + 1));
}

#[test]
fn a_flush_that_cannot_outlast_a_pause_is_answered_at_once() {
    struct Paused;
    impl Destination<Queue<u8>> for Paused {
        async fn send(&mut self, batch: Vec<u8>, progress: &Progress<Queue<u8>>) {
            progress.pause(Duration::from_secs(3600)).await;
            progress.settle(batch.len() as u64, batch.len() as u64);
        }

        fn panicked(&self, _: u64, message: &str) {
            panic!("{message}");
        }
    }
    let queue = queue();
    let (worker, commands) = Worker::new(Arc::clone(&queue), Paused, Duration::ZERO);
    let thread = std::thread::spawn(move || runtime().block_on(worker.run()));
    queue.push(2, 1);
    let deadline = Instant::now() + LONG;
    let (answer, is_done) = sync_channel(1);
    commands.send(Command::Flush(deadline, answer)).unwrap();
    is_done.recv_timeout(LONG / 2).unwrap();
    assert_eq!(queue.counts().pending, 1);
    let (answer, is_done) = sync_channel(1);
    commands.send(Command::Shutdown(deadline, answer)).unwrap();
    is_done.recv_timeout(LONG / 2).unwrap();
    thread.join().unwrap();
    assert_eq!(queue.counts().failed, 1);
}
