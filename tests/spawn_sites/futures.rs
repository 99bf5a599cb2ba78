//! The executors of futures, and its sets.

use futures::executor::{LocalPool, ThreadPool};
use futures::stream::{FuturesOrdered, FuturesUnordered, StreamExt};
use futures::task::{LocalSpawnExt, SpawnExt};

use crate::support::sites;

fn pool() -> ThreadPool {
    ThreadPool::builder().pool_size(1).create().unwrap()
}

sites! {
    spawn_ok(1) {
        let (done, job) = futures::channel::oneshot::channel();
        pool().spawn_ok(async { child().await; done.send(()).unwrap() });
        job.await.unwrap();
    }
    spawn_with_handle(2) {
        let pool = pool();
        pool.spawn_with_handle(child()).unwrap().await;
        SpawnExt::spawn_with_handle(&pool, child()).unwrap().await;
    }
    spawn_ext(1) {
        let (done, job) = futures::channel::oneshot::channel();
        SpawnExt::spawn(&pool(), async { child().await; done.send(()).unwrap() }).unwrap();
        job.await.unwrap();
    }
    local_pool(2) {
        let mut pool = LocalPool::new();
        let spawner = pool.spawner();
        spawner.spawn_local(child()).unwrap();
        spawner.spawn_local_with_handle(child()).unwrap().forget();
        std::thread::scope(|_| pool.run_until_stalled());
    }
    futures_unordered(2) {
        let set = FuturesUnordered::new();
        set.push(Box::pin(async { child().await }) as std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);
        set.push(Box::pin(child()));
        let done: Vec<()> = set.collect().await;
        assert_eq!(done.len(), 2);
    }
    futures_unordered_elsewhere(1) {
        let set = FuturesUnordered::new();
        set.push(async { child().await });
        let other = crate::support::thread_without_context(move || futures::executor::block_on(set.collect::<Vec<()>>()));
        assert_eq!(other.len(), 1);
    }
    futures_ordered(1) {
        let mut set = FuturesOrdered::new();
        set.push_back(async { child().await });
        set.collect::<Vec<()>>().await;
    }
    join_is_left_alone(2) { futures::join!(child(), async { child().await }); }
    join_of_futures_is_left_alone(2) { futures::future::join(child(), async { child().await }).await; }
}
