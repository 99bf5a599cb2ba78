//! A unit leaves no context on its worker thread, even if it panics or is aborted.

use opentelemetry::trace::SpanId;
use rayon::prelude::*;
use traced::traced;
use traced_tests::current_span_id;

use crate::support::child_here;

fn rayon_pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .panic_handler(|_| ())
        .build()
        .unwrap()
}

#[traced]
fn jobs(pool: &rayon::ThreadPool) {
    pool.spawn(|| panic!("in a job"));
    pool.spawn_broadcast(|_| panic!("in a broadcast"));
    let unwinds = |job: &(dyn Fn() + std::panic::RefUnwindSafe)| {
        assert!(std::panic::catch_unwind(job).is_err());
    };
    let pool = std::panic::AssertUnwindSafe(pool);
    unwinds(&|| pool.install(|| panic!("installed")));
    unwinds(&|| {
        pool.install(|| (0..64).into_par_iter().for_each(|n| assert_ne!(n, 32)));
    });
    unwinds(&|| {
        pool.broadcast(|_| panic!("in a broadcast"));
    });
    unwinds(&|| pool.scope(|scope| scope.spawn(|_| panic!("in a scope"))));
    pool.install(|| (0..64).into_par_iter().for_each(|_| child_here()));
}

#[test]
fn rayon_workers_are_clean_after_panics_and_iterators() {
    let pool = rayon_pool();
    let ((), spans) = traced::testing::capture(|| jobs(&pool));
    assert_eq!(spans.all_named("child_here").len(), 64);
    assert_eq!(pool.broadcast(|_| current_span_id()), [SpanId::INVALID; 2]);
}

#[traced]
fn tasks(runtime: &tokio::runtime::Runtime) {
    let never = runtime.spawn(std::future::pending::<()>());
    let started = runtime.spawn(async { std::future::pending::<()>().await });
    runtime.block_on(tokio::task::yield_now());
    started.abort();
    never.abort();
    assert!(runtime.block_on(started).unwrap_err().is_cancelled());
    runtime.spawn(async { panic!("never joined") });
    let panics = runtime.spawn(async { panic!("joined") });
    assert!(runtime.block_on(panics).is_err());
    let job = runtime.spawn_blocking(|| panic!("in a job"));
    assert!(runtime.block_on(job).is_err());
}

#[test]
fn tokio_workers_are_clean_after_panics_and_aborts() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let ((), spans) = traced::testing::capture(|| tasks(&runtime));
    assert_eq!(spans.len(), 1);
    let seen = [
        runtime
            .block_on(runtime.spawn(async { current_span_id() }))
            .unwrap(),
        runtime
            .block_on(runtime.spawn_blocking(current_span_id))
            .unwrap(),
    ];
    assert_eq!(seen, [SpanId::INVALID; 2]);
}

#[traced]
fn queue(pool: &threadpool::ThreadPool) {
    pool.execute(|| panic!("in a job"));
    pool.execute(|| child_here());
    pool.join();
}

#[test]
fn pooled_threads_are_clean() {
    let pool = threadpool::ThreadPool::new(1);
    traced::testing::capture(|| queue(&pool));
    let (sender, seen) = std::sync::mpsc::channel();
    pool.execute(move || sender.send(current_span_id()).unwrap());
    assert_eq!(seen.recv().unwrap(), SpanId::INVALID);
}
