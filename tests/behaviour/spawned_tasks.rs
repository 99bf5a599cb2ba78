//! Spawned work is a child of the span that spawned it.

use std::thread;

use tokio::task::{self, JoinSet};
use traced::testing::{Spans, capture_async};
use traced::{traced, traced_spawn};

#[traced]
async fn child() {}

#[traced]
fn child_of_thread() {}

/// Runs a future to its end and expects one `parent` with `children` spans below it.
async fn expect_children(children: usize, parent: impl Future) -> Spans {
    let (_, spans) = capture_async(parent).await;
    let parent = spans.named("parent");
    let under = spans.iter().filter(|span| span.is_child_of(parent)).count();
    assert_eq!(under, children, "{}", spans.tree());
    assert_eq!(spans.len(), children + 1, "{}", spans.tree());
    spans
}

/// Defines a test per spelling: the block is the body of an annotated function.
macro_rules! sites {
    ($($(#[$attribute:meta])* $test:ident($children:literal) $body:block)*) => {$(
        mod $test {
            #[allow(unused_imports)]
            use super::*;

            $(#[$attribute])*
            #[traced]
            async fn parent() $body

            #[tokio::test]
            async fn on_one_thread() {
                expect_children($children, parent()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_many_threads() {
                expect_children($children, parent()).await;
            }
        }
    )*};
}

sites! {
    full_path(1) { tokio::spawn(child()).await.unwrap(); }
    rooted_path(1) { ::tokio::spawn(child()).await.unwrap(); }
    module_path(1) { task::spawn(child()).await.unwrap(); }
    renamed_module(1) {
        use tokio::task as jobs;
        jobs::spawn(child()).await.unwrap();
    }
    imported_name(1) {
        use tokio::spawn;
        spawn(child()).await.unwrap();
    }
    with_turbofish(1) { tokio::spawn::<_>(child()).await.unwrap(); }
    async_block(1) { tokio::spawn(async { child().await }).await.unwrap(); }
    async_move_block(2) {
        let n = 2;
        tokio::spawn(async move { for _ in 0..n { child().await } }).await.unwrap();
    }
    variable(1) {
        let unit = child();
        tokio::spawn(unit).await.unwrap();
    }
    boxed_async_block(1) { tokio::spawn(Box::pin(async { child().await })).await.unwrap(); }
    block_with_tail(1) {
        let name = String::from("x");
        tokio::spawn({ let name = name.clone(); async move { let _ = name; child().await } }).await.unwrap();
    }
    nested_spawn(1) {
        tokio::spawn(async { tokio::spawn(child()).await.unwrap() }).await.unwrap();
    }
    blocking(1) { tokio::task::spawn_blocking(child_of_thread).await.unwrap(); }
    blocking_closure(1) { tokio::task::spawn_blocking(|| child_of_thread()).await.unwrap(); }
    join_set(2) {
        let mut set = JoinSet::new();
        set.spawn(child());
        set.spawn_blocking(child_of_thread);
        while set.join_next().await.is_some() {}
    }
    handle(2) {
        let handle = tokio::runtime::Handle::current();
        handle.spawn(child()).await.unwrap();
        handle.spawn_blocking(move || child_of_thread()).await.unwrap();
    }
    in_join(2) {
        let (one, two) = tokio::join!(tokio::spawn(child()), tokio::spawn(async { child().await }));
        one.unwrap();
        two.unwrap();
    }
    in_select(1) {
        tokio::select! {
            done = tokio::spawn(child()) => done.unwrap(),
            () = std::future::pending() => {}
        }
    }
    #[allow(clippy::useless_vec, reason = "it is the macro that is tested")]
    in_vec(3) {
        for unit in vec![tokio::spawn(child()), tokio::spawn(child()), task::spawn(child())] {
            unit.await.unwrap();
        }
    }
    in_closure(2) {
        let units: Vec<_> = (0..2).map(|_| tokio::spawn(child())).collect();
        for unit in units { unit.await.unwrap(); }
    }
    in_match_and_let_else(2) {
        let unit = match 1 { 1 => tokio::spawn(child()), _ => unreachable!() };
        let Ok(()) = unit.await else { panic!() };
        let Ok(()) = tokio::spawn(child()).await else { panic!() };
    }
    thread_with_path(1) { thread::spawn(child_of_thread).join().unwrap(); }
    thread_closure(1) { std::thread::spawn(|| child_of_thread()).join().unwrap(); }
    thread_move_closure(1) {
        let text = String::from("x");
        thread::spawn(move || { let _ = text; child_of_thread() }).join().unwrap();
    }
    thread_builder(1) {
        thread::Builder::new().spawn(|| child_of_thread()).unwrap().join().unwrap();
    }
    scoped_thread(2) {
        let borrowed = [1, 2];
        thread::scope(|scope| {
            scope.spawn(|| { let _ = &borrowed; child_of_thread() });
            thread::Builder::new().spawn_scoped(scope, || child_of_thread()).unwrap();
        });
    }
}

#[traced_spawn]
async fn no_span_of_its_own() {
    tokio::spawn(child()).await.unwrap();
}

#[traced]
async fn parent() {
    no_span_of_its_own().await;
}

#[tokio::test]
async fn traced_spawn_carries_without_a_span() {
    expect_children(1, parent()).await;
}

mod by_hand {
    use super::*;

    fn my_spawner(unit: impl Future<Output = ()> + Send + 'static) -> task::JoinHandle<()> {
        tokio::spawn(unit)
    }

    fn my_pool(job: impl FnOnce() + Send + 'static) {
        thread::spawn(job).join().unwrap();
    }

    #[traced]
    async fn parent() {
        my_spawner(traced::carry(child())).await.unwrap();
        my_pool(traced::carry_fn(child_of_thread));
    }

    #[tokio::test]
    async fn carry_and_carry_fn_do_what_the_rewriting_does() {
        expect_children(2, parent()).await;
    }
}

mod something_else {
    use super::*;

    #[derive(Default)]
    struct World(Vec<(&'static str, u8)>);

    impl World {
        fn spawn(&mut self, entity: (&'static str, u8)) -> usize {
            self.0.push(entity);
            self.0.len()
        }
    }

    struct Pool;

    impl Pool {
        fn spawn(&self, job: Box<dyn FnOnce() + Send>) {
            thread::spawn(job).join().unwrap();
        }

        fn spawn_on(&self, unit: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>, _: u8) {
            drop(unit);
        }
    }

    fn entity() -> (&'static str, u8) {
        ("cat", 9)
    }

    #[traced]
    fn parent(world: &mut World) -> usize {
        world.spawn(("dog", 3));
        let cat = entity();
        world.spawn(cat);
        Pool.spawn(Box::new(|| child_of_thread()));
        let job: Box<dyn FnOnce() + Send> = Box::new(child_of_thread);
        Pool.spawn(job);
        Pool.spawn_on(Box::pin(async { child().await }), 1);
        let unit: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(child());
        Pool.spawn_on(unit, 1);
        world.spawn(entity())
    }

    #[test]
    fn methods_called_spawn_keep_their_types() {
        let (count, spans) = traced::testing::capture(|| parent(&mut World::default()));
        assert_eq!(count, 3);
        assert_eq!(
            spans.tree(),
            "parent\n  child_of_thread\n  child_of_thread\n"
        );
    }
}

mod clean_workers {
    use std::sync::mpsc;

    use opentelemetry::trace::SpanId;
    use traced_tests::current_span_id;

    use super::*;

    #[traced]
    fn panics_on_a_worker(runtime: &tokio::runtime::Runtime) {
        let unit = runtime.spawn(async { panic!("on the worker") });
        assert!(runtime.block_on(unit).is_err());
        let unit = runtime.spawn_blocking(|| panic!("on the pool"));
        assert!(runtime.block_on(unit).is_err());
    }

    #[test]
    fn a_unit_that_panics_leaves_its_worker_clean() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let ((), spans) = traced::testing::capture(|| panics_on_a_worker(&runtime));
        assert_eq!(spans.len(), 1);
        let task = runtime
            .block_on(runtime.spawn(async { current_span_id() }))
            .unwrap();
        let job = runtime
            .block_on(runtime.spawn_blocking(current_span_id))
            .unwrap();
        assert_eq!((task, job), (SpanId::INVALID, SpanId::INVALID));
    }

    struct SeesSpan(mpsc::Sender<SpanId>);

    impl Drop for SeesSpan {
        fn drop(&mut self) {
            self.0.send(current_span_id()).unwrap();
        }
    }

    #[traced]
    fn spawns_what_never_runs(seen: mpsc::Sender<SpanId>) -> SpanId {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let local = SeesSpan(seen);
        runtime.spawn(async move {
            let _local = local;
        });
        current_span_id()
    }

    #[test]
    fn a_unit_that_is_dropped_before_it_ran_is_dropped_in_its_context() {
        let (sender, seen) = mpsc::channel();
        let (span, _) = traced::testing::capture(|| spawns_what_never_runs(sender));
        assert_eq!(seen.recv().unwrap(), span);
    }
}

mod outliving {
    use tokio::sync::oneshot;
    use traced::testing::{assert_tree, spans};

    use super::*;

    #[traced]
    async fn parent(go: oneshot::Receiver<()>) {
        tokio::spawn(async {
            go.await.unwrap();
            child().await;
        });
    }

    #[traced::test]
    #[tokio::test]
    async fn a_task_that_outlives_its_parent_does_not_stretch_it() {
        let (go, wait) = oneshot::channel();
        parent(wait).await;
        // The parent has ended already: a task that held it open would delay it.
        assert_tree!(spans(), "parent");
        go.send(()).unwrap();
        let spans = spans().wait_for_async("child").await;
        assert_tree!(spans, "parent\n  child");
        assert!(spans.named("parent").data().end_time <= spans.named("child").data().start_time);
    }
}
