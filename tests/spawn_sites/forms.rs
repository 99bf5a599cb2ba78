//! Arguments of every form, and spawn sites in every place of a function.

use std::pin::Pin;

use futures::future::BoxFuture;
use traced::traced_spawn;

use crate::support::sites;

#[traced_spawn]
fn generic<F>(unit: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn::<F>(unit)
}

#[traced_spawn]
fn generic_job<F: FnOnce() + Send + 'static>(job: F) {
    std::thread::spawn::<F, ()>(job).join().unwrap();
}

/// A future whose type is a struct, which a spawn site may build by a struct expression.
struct Wrapped {
    inner: BoxFuture<'static, ()>,
}

impl Future for Wrapped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        self.inner.as_mut().poll(task)
    }
}

/// Starts a span when it is dropped.
struct SpanOnDrop;

impl SpanOnDrop {
    fn value(&self) -> u8 {
        1
    }
}

impl Drop for SpanOnDrop {
    fn drop(&mut self) {
        crate::support::child_here();
    }
}

sites! {
    async_block(1) { tokio::spawn(async { child().await }).await.unwrap(); }
    async_move_block(2) {
        let n = 2;
        tokio::spawn(async move { for _ in 0..n { child().await } }).await.unwrap();
    }
    variable(1) { let unit = child(); tokio::spawn(unit).await.unwrap(); }
    boxed_async_block(1) { tokio::spawn(Box::pin(async { child().await })).await.unwrap(); }
    boxed_future(1) {
        let unit: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(child());
        tokio::spawn(unit).await.unwrap();
    }
    cast(3) {
        tokio::spawn(Box::pin(async { child().await }) as Pin<Box<dyn Future<Output = ()> + Send>>).await.unwrap();
        tokio::spawn(Box::pin(child()) as BoxFuture<'static, ()>).await.unwrap();
        std::thread::spawn(child_here as fn()).join().unwrap();
    }
    cast_to_a_closure_that_runs_often(2) {
        std::thread::spawn(Box::new(|| { child_here(); }) as Box<dyn Fn() + Send>).join().unwrap();
        std::thread::spawn(Box::new(child_here) as Box<dyn FnMut() + Send>).join().unwrap();
    }
    turbofish_of_a_result(1) {
        let read = std::thread::spawn::<_, Result<u8, _>>(|| { child_here(); "7".parse() });
        assert_eq!(read.join().unwrap().unwrap(), 7);
    }
    struct_literal(1) { tokio::spawn(Wrapped { inner: Box::pin(child()) }).await.unwrap(); }
    reference(3) {
        let work = || child_here();
        let works = [work; 1];
        std::thread::scope(|scope| { scope.spawn(&work); scope.spawn(&work); scope.spawn(&works[0]); });
    }
    exclusive_reference(1) {
        let mut count = 0;
        let mut work = || { child_here(); count += 1 };
        std::thread::scope(|scope| { scope.spawn(&mut work); });
        assert_eq!(count, 1);
    }
    block_with_tail(1) {
        let name = String::from("x");
        tokio::spawn({ let name = name.clone(); async move { let _ = name; child().await } }).await.unwrap();
    }
    generic_future(1) { generic(child()).await.unwrap(); }
    generic_closure(1) { generic_job(child_here); }
    nested_spawn(1) { tokio::spawn(async { tokio::spawn(child()).await.unwrap() }).await.unwrap(); }
    nested_closures(3) {
        tokio::task::spawn_blocking(|| {
            child_here();
            std::thread::scope(|scope| { scope.spawn(|| child_here()); });
            std::thread::spawn(|| child_here()).join().unwrap();
        }).await.unwrap();
    }
    closure_that_returns_a_future(1) {
        std::thread::spawn(|| async { child().await }).join().unwrap().await;
    }
    #[allow(clippy::needless_return, reason = "it is a body of this form that is tested")]
    bodies_of_closures(6) {
        let mut n = 0;
        std::thread::scope(|scope| { scope.spawn(|| n = { child_here(); 1 }); });
        std::thread::spawn(move || if n == 1 { child_here() } else { panic!() }).join().unwrap();
        let sum = std::thread::spawn(|| match 1 { 1 => { child_here(); 1 } _ => 2 } + 1);
        assert_eq!(sum.join().unwrap(), 2);
        std::thread::spawn(|| -> Option<u8> { child_here(); None?; Some(1) }).join().unwrap();
        std::thread::spawn(|| return child_here()).join().unwrap();
        std::thread::spawn(|| { child_here(); 1_u8 }.min(2)).join().unwrap();
    }
    temporary_of_a_tail(2) {
        std::thread::spawn(|| SpanOnDrop.value()).join().unwrap();
        std::thread::spawn(|| { SpanOnDrop.value() }).join().unwrap();
    }
    in_closure(2) {
        let units: Vec<_> = (0..2).map(|_| tokio::spawn(child())).collect();
        for unit in units { unit.await.unwrap(); }
    }
    spawner_by_its_path(8) {
        use tokio::task;
        let units: Vec<_> = [child(), child()].into_iter().map(tokio::spawn).collect();
        for unit in units { unit.await.unwrap(); }
        let unit = Some(child()).map(::tokio::task::spawn).unwrap();
        unit.await.unwrap();
        let jobs = [child_here as fn(); 2].map(std::thread::spawn);
        for job in jobs { job.join().unwrap(); }
        let jobs = Some(child_here).map(task::spawn_blocking);
        jobs.unwrap().await.unwrap();
        let boxed: Option<BoxFuture<'static, ()>> = Some(Box::pin(child()));
        boxed.map(tokio::spawn).unwrap().await.unwrap();
        // Here the compiler infers only later what the function spawns.
        let spawn = None.unwrap_or(tokio::spawn);
        spawn(child()).await.unwrap();
    }
    parameter_without_a_type(7) {
        let go = |unit| tokio::spawn(unit);
        go(child()).await.unwrap();
        let go = |unit| { ::tokio::task::spawn(unit) };
        go(Box::pin(child()) as BoxFuture<'static, ()>).await.unwrap();
        let run = |job| tokio::task::spawn_blocking(job);
        run(child_here).await.unwrap();
        let run = |job| std::thread::spawn(job);
        run(child_here).join().unwrap();
        let (done, jobs) = std::sync::mpsc::channel();
        let run = |job| rayon::spawn(job);
        run(move || { child_here(); done.send(()).unwrap() });
        jobs.recv().unwrap();
        let units = [Some(child()), None, Some(child())].map(|unit| unit.map(|unit| tokio::spawn(unit)));
        for unit in units.into_iter().flatten() { unit.await.unwrap(); }
    }
    in_match_and_let_else(2) {
        let unit = match 1 { 1 => tokio::spawn(child()), _ => unreachable!() };
        let Ok(()) = unit.await else { panic!() };
        let Ok(()) = tokio::spawn(child()).await else { panic!() };
    }
    #[allow(clippy::useless_vec, reason = "it is the macro that is tested")]
    in_vec(2) {
        for unit in vec![tokio::spawn(child()), tokio::spawn(child())] { unit.await.unwrap(); }
    }
    in_assert(1) { assert!(tokio::spawn(child()).await.is_ok(), "with a message"); }
    carried_by_hand(1) { tokio::spawn(traced::carry(child())).await.unwrap(); }
    carried_by_hand_into_a_set(2) {
        let units = [1, 2].into_iter().map(|_| child());
        let mut set = tokio::task::JoinSet::new();
        set.extend(units.map(traced::carry));
        while let Some(done) = set.join_next().await { done.unwrap(); }
    }
}
