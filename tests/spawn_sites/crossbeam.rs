//! crossbeam's scopes, and threadpool.

use crate::support::sites;

sites! {
    crossbeam_scope(3) {
        let borrowed = String::from("x");
        ::crossbeam::scope(|scope| {
            scope.spawn(|_| { let _ = &borrowed; child_here() });
            scope.spawn(|inner| { inner.spawn(|_| child_here()); });
            scope.builder().spawn(|_| child_here()).unwrap();
        }).unwrap();
    }
    crossbeam_thread_scope(1) {
        ::crossbeam::thread::scope(|scope| { scope.spawn(|_| child_here()); }).unwrap();
    }
    thread_pool(2) {
        let pool = threadpool::ThreadPool::new(1);
        pool.execute(|| child_here());
        threadpool::ThreadPool::execute(&pool, child_here);
        pool.join();
    }
}
