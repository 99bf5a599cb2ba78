//! The initializer of a cell: units that it awaits are in the trace of its request, and units that outlive it in none.

use std::sync::OnceLock;

use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use traced::testing::capture_async;
use traced::traced;

use crate::support::{child, child_here, sites};

sites! {
    awaited_in_an_initializer(4) {
        let cell = OnceCell::new();
        cell.get_or_init(|| async {
            tokio::spawn(child()).await.unwrap();
            tokio::task::spawn_blocking(child_here).await.unwrap();
            child().await;
        }).await;
        let cell = OnceLock::new();
        cell.get_or_init(|| std::thread::spawn(|| child_here()).join().unwrap());
    }
}

struct Worker {
    jobs: tokio::sync::mpsc::Sender<traced::Envelope<u8>>,
    task: std::sync::Mutex<Option<JoinHandle<()>>>,
}

#[traced(parent = id, attributes(id = *id))]
async fn process(id: traced::Envelope<u8>) {
    child().await;
}

/// The first request starts the worker.
#[traced(attributes(id))]
async fn request(cell: &OnceCell<Worker>, id: u8) {
    let worker = cell
        .get_or_init(|| async {
            let (jobs, mut inbox) = tokio::sync::mpsc::channel(4);
            let task = tokio::spawn(async move {
                while let Some(id) = inbox.recv().await {
                    child_here();
                    process(id).await;
                }
            });
            Worker {
                jobs,
                task: Some(task).into(),
            }
        })
        .await;
    worker.jobs.send(traced::Envelope::new(id)).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_the_first_request_starts_is_not_in_its_trace() {
    let cell = OnceCell::new();
    let ((), first) = capture_async(async {
        request(&cell, 1).await;
        // Lets the worker, which runs on this thread, finish the job.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let ((), second) = capture_async(async {
        request(&cell, 2).await;
        let Worker { jobs, task } = cell.into_inner().unwrap();
        drop(jobs);
        task.into_inner().unwrap().unwrap().await.unwrap();
    })
    .await;
    let expected = |id: u8| format!("request id={id}\n  process id={id}\n    child\n");
    assert_eq!((first.tree(), second.tree()), (expected(1), expected(2)));
    // The worker calls `child_here` outside of its jobs: its spans are in neither trace.
}
