//! rayon: jobs, scopes, pools and parallel iterators.

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::support::sites;

fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .unwrap()
}

/// Waits until `count` jobs have sent a message.
fn wait(jobs: std::sync::mpsc::Receiver<()>, count: usize) {
    assert_eq!(jobs.iter().take(count).count(), count);
}

sites! {
    spawn(2) {
        let (done, jobs) = std::sync::mpsc::channel();
        let other = done.clone();
        rayon::spawn(move || { child_here(); other.send(()).unwrap() });
        rayon::spawn_fifo(move || { child_here(); done.send(()).unwrap() });
        wait(jobs, 2);
    }
    join(2) { rayon::join(|| child_here(), || child_here()); }
    join_of_a_name(2) { use rayon::join; join(|| child_here(), || { child_here(); 1 }); }
    join_context(2) { rayon::join_context(|_| child_here(), |_| child_here()); }
    scope(3) {
        let borrowed = String::from("x");
        rayon::scope(|scope| {
            child_here();
            scope.spawn(|_| { let _ = &borrowed; child_here() });
            scope.spawn(|inner| inner.spawn(|_| child_here()));
        });
    }
    join_of_functions(3) {
        let work = child_here;
        rayon::join(child_here, work);
        rayon::join::<fn(), _, _, _>(child_here, || ());
    }
    join_context_of_functions(2) {
        fn work(_: rayon::FnContext) { child_here() }
        rayon::join_context(work, work);
    }
    scope_of_a_function(2) {
        fn work(_: &rayon::Scope<'_>) { child_here() }
        rayon::scope(work);
        rayon::in_place_scope(|scope| scope.spawn(work));
    }
    spawn_of_what_takes_the_scope(3) {
        fn work<'s>(scope: &rayon::Scope<'s>) { child_here(); scope.spawn(|_| ()); }
        let count = std::sync::atomic::AtomicUsize::new(0);
        let counted = |_: &rayon::Scope<'_>| { child_here(); count.fetch_add(1, std::sync::atomic::Ordering::Relaxed); };
        rayon::scope(|scope| { scope.spawn(work); scope.spawn(counted) });
        rayon::scope_fifo(|scope| scope.spawn_fifo(|_: &rayon::ScopeFifo<'_>| child_here()));
        assert_eq!(count.into_inner(), 1);
    }
    spawn_of_what_takes_the_fifo_scope(1) {
        fn work(_: &rayon::ScopeFifo<'_>) { child_here() }
        rayon::scope_fifo(|scope| scope.spawn_fifo(work));
    }
    broadcast_of_a_function(4) {
        fn work(_: rayon::BroadcastContext<'_>) { child_here() }
        let pool = pool();
        ThreadPool::broadcast(&pool, work);
        ThreadPool::spawn_broadcast(&pool, work);
        pool.broadcast(|_| ());
    }
    pool_by_path(8) {
        let pool = pool();
        ThreadPool::install(&pool, || child_here());
        ThreadPool::install(&pool, child_here);
        ThreadPool::join(&pool, || child_here(), child_here);
        ThreadPool::scope(&pool, |scope| scope.spawn(|_| child_here()));
        rayon::ThreadPool::broadcast(&pool, |_| child_here());
        let job: Box<dyn FnOnce() + Send> = Box::new(child_here);
        ThreadPool::install(&pool, job);
    }
    scope_fifo(1) { rayon::scope_fifo(|scope| scope.spawn_fifo(|_| child_here())); }
    in_place_scope(1) { rayon::in_place_scope(|scope| scope.spawn(|_| child_here())); }
    broadcast(2) {
        let borrowed = String::from("x");
        let pool = pool();
        let lengths = pool.broadcast(|worker| { child_here(); borrowed.len() + worker.index() });
        assert_eq!(lengths.len(), 2);
    }
    spawn_broadcast(4) {
        let (done, jobs) = std::sync::mpsc::channel();
        let pool = pool();
        pool.spawn_broadcast(move |_| { child_here(); done.send(()).unwrap() });
        wait(jobs, 2);
        pool.spawn_broadcast(|worker| { let _ = worker.index(); child_here() });
        // Each worker takes its jobs in their order.
        pool.broadcast(|_| ());
    }
    pool(4) {
        let pool = pool();
        let (done, jobs) = std::sync::mpsc::channel();
        pool.install(|| child_here());
        pool.join(|| child_here(), || child_here());
        pool.spawn(move || { child_here(); done.send(()).unwrap() });
        wait(jobs, 1);
    }
    pool_scope(1) { pool().scope(|scope| scope.spawn(|_| child_here())); }
    par_iter(8) { [1; 8].par_iter().for_each(|_| child_here()); }
    into_par_iter(8) {
        let sum: usize = (0..8_usize).into_par_iter().map(|n| { child_here(); n }).sum();
        assert_eq!(sum, 28);
    }
    par_iter_of_path(8) {
        fn counted(n: &u8) -> u8 { child_here(); *n }
        let all: Vec<u8> = vec![1; 8].par_iter().map(counted).collect();
        assert_eq!(all.len(), 8);
    }
    par_iter_filter(8) {
        let even = (0..8).into_par_iter().filter(|n| { child_here(); n % 2 == 0 }).count();
        assert_eq!(even, 4);
    }
    par_iter_pulled(16) {
        let mut numbers = vec![0; 8];
        numbers.par_iter_mut().map(|n| { child_here(); n }).enumerate().for_each(|(index, n)| {
            child_here();
            *n = index;
        });
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
    par_iter_zipped(4) {
        [1; 4].par_iter().zip([2; 4].par_iter()).with_min_len(1).rev().for_each(|_| child_here());
    }
    par_iter_folded(8) {
        let sum = [1; 8].par_iter().fold(|| 0, |sum, n| { child_here(); sum + n }).reduce(|| 0, |a, b| a + b);
        assert_eq!(sum, 8);
    }
    par_iter_flat(64) {
        [[1; 8]; 8].par_iter().flat_map(|row| row.par_iter()).for_each(|_| child_here());
    }
    par_iter_flattened(64) {
        let rows: Vec<Vec<u8>> = vec![vec![1; 8]; 8];
        rows.into_par_iter().flatten().for_each(|_| child_here());
    }
    par_iter_chained(64) {
        [1; 32].par_iter().chain([2; 32].par_iter()).for_each(|_| child_here());
    }
    par_iter_tried(4) {
        let done: Result<Vec<u8>, ()> = [1_u8; 4].par_iter().map(|n| { child_here(); Ok(*n) }).collect();
        done.unwrap();
    }
    par_bridge(4) { (0..4).par_bridge().for_each(|_| child_here()); }
    par_chunks(2) {
        [1; 8].par_chunks(4).for_each(|chunk| { assert_eq!(chunk.len(), 4); child_here() });
    }
    par_iter_of_a_function(8) {
        rayon::iter::repeat_n(1, 4).for_each(|_| child_here());
        ::rayon::iter::repeat_n(1, 4).map(|n| n + 1).enumerate().for_each(|_| child_here());
    }
    par_iter_by_path(24) {
        ParallelIterator::for_each([1; 8].par_iter(), |_| child_here());
        IntoParallelRefIterator::par_iter(&[1; 8]).for_each(|_| child_here());
        let jobs = [1; 8].into_par_iter();
        rayon::iter::IndexedParallelIterator::enumerate(jobs.map(|_| child_here())).for_each(|_| ());
    }
    par_iter_in_pool(4) { pool().install(|| [1; 4].par_iter().for_each(|_| child_here())); }
}
