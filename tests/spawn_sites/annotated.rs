//! `#[traced_spawn]` with arguments: on functions, containers and statements.

// A call in a closure and the name of the function are two forms for the macro, and both are tested.
#![allow(clippy::redundant_closure)]

use opentelemetry::trace::{SpanKind, Status};
use traced::testing::{Spans, capture_async};
use traced::{traced, traced_spawn};

use crate::support::{child, child_here};

async fn spans_of(unit: impl Future) -> Spans {
    capture_async(unit).await.1
}

mod statements {
    use super::*;

    struct Order {
        id: u64,
    }

    async fn store(order: Order) -> Result<u64, std::io::Error> {
        child().await;
        Ok(order.id)
    }

    #[traced]
    async fn parent() {
        let order = Order { id: 7 };
        #[traced_spawn(name = "store", kind = "producer", attributes(order.id = order.id, ok = true))]
        let stored = tokio::spawn(store(order));
        assert_eq!(stored.await.unwrap().unwrap(), 7);
        #[traced_spawn(name = "literal")]
        tokio::spawn(async { child().await }).await.unwrap();
        let job = (
            #[traced_spawn(name = format!("job {}", 1))]
            tokio::task::spawn_blocking(|| child_here()),
            1,
        );
        job.0.await.unwrap();
        #[traced_spawn(name = "function")]
        tokio::task::spawn_blocking(child_here).await.unwrap();
        #[traced_spawn(name = "by path")]
        let by_path = Some(child()).map(tokio::spawn);
        by_path.unwrap().await.unwrap();
    }

    #[tokio::test]
    async fn a_unit_gets_a_span_under_its_spawner() {
        let spans = spans_of(parent()).await;
        assert_eq!(
            spans.tree(),
            "parent\n  \
             store [producer] order.id=7 ok=true\n    child\n  \
             literal\n    child\n  \
             job 1\n    child_here\n  \
             function\n    child_here\n  \
             by path\n    child\n"
        );
        assert_eq!(spans.named("store").kind(), &SpanKind::Producer);
    }

    #[traced]
    fn spawns_a_boxed_fn() {
        #[traced_spawn(name = "unit")]
        let unit = std::thread::spawn(Box::new(child_here) as Box<dyn Fn() + Send>);
        unit.join().unwrap();
    }

    #[tokio::test]
    async fn a_closure_that_may_run_often_has_the_span_once() {
        let spans = spans_of(async { spawns_a_boxed_fn() }).await;
        assert_eq!(spans.tree(), "spawns_a_boxed_fn\n  unit\n    child_here\n");
    }

    #[traced]
    async fn fails() {
        #[traced_spawn(name = "unit")]
        let unit = tokio::spawn(async { Err::<(), _>(std::io::Error::other("no disk")) });
        drop(unit.await);
        #[traced_spawn(name = "job")]
        let job = tokio::task::spawn_blocking(|| -> Result<(), std::io::Error> {
            Err(std::io::Error::other("no disk"))?;
            Ok(())
        });
        drop(job.await);
        #[traced_spawn(name = "panics")]
        let panics = std::thread::spawn(|| panic!("at the disco"));
        drop(panics.join());
    }

    #[tokio::test]
    async fn errors_and_panics_of_units_are_recorded() {
        let spans = spans_of(fails()).await;
        for name in ["unit", "job"] {
            assert_eq!(spans.named(name).status(), &Status::error("no disk"));
        }
        assert_eq!(
            spans.named("panics").status(),
            &Status::error("at the disco")
        );
        assert_eq!(spans.named("fails").status(), &Status::Unset);
    }

    #[traced]
    async fn works_for_ever() {
        #[traced_spawn(name = "worker", link)]
        let worker = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        tokio::task::yield_now().await;
        worker.abort();
        drop(worker.await);
    }

    #[tokio::test]
    async fn an_aborted_worker_ends_its_span() {
        let spans = spans_of(works_for_ever()).await;
        assert!(spans.named("worker").is_root());
        assert_eq!(
            spans.named("worker").attribute("traced.cancelled"),
            Some(true.into())
        );
    }

    #[traced]
    async fn never_polled() {
        #[traced_spawn(name = "unit")]
        let unit = tokio::spawn(async { std::future::pending::<()>().await });
        unit.abort();
        drop(unit.await);
    }

    #[tokio::test]
    async fn the_span_of_a_unit_starts_with_its_first_poll() {
        let spans = spans_of(never_polled()).await;
        assert_eq!(spans.tree(), "never_polled\n");
    }

    #[traced]
    async fn serves() {
        #[traced_spawn(name = "worker", link)]
        tokio::spawn(async { child().await }).await.unwrap();
        #[traced_spawn(detached)]
        tokio::spawn(async { child_here() }).await.unwrap();
        #[traced_spawn(link)]
        std::thread::scope(|scope| {
            scope.spawn(|| child_here());
        });
    }

    #[tokio::test]
    async fn link_begins_a_trace_of_its_own() {
        let spans = spans_of(serves()).await;
        let (serves, worker) = (spans.named("serves"), spans.named("worker"));
        assert!(worker.is_root());
        assert_ne!(worker.trace_id(), serves.trace_id());
        let links = &worker.data().links.links;
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].span_context.span_id(), serves.id());
        assert_eq!(links[0].span_context.trace_id(), serves.trace_id());
        assert!(spans.named("child").is_child_of(worker));
        assert!(spans.named("serves::spawn").is_root());
        // The detached unit has no context, so that its span is in no capture.
        assert_eq!(spans.all_named("child_here").len(), 1);
    }

    #[traced(spawn = false)]
    async fn leaves_all_but_one() {
        tokio::spawn(child()).await.unwrap();
        #[traced_spawn]
        tokio::spawn(child()).await.unwrap();
    }

    #[tokio::test]
    async fn a_statement_can_opt_in() {
        let spans = spans_of(leaves_all_but_one()).await;
        assert_eq!(spans.tree(), "leaves_all_but_one\n  child\n");
    }
}

mod functions {
    use super::*;

    mod my_pool {
        pub(super) fn submit<J: FnOnce() + Send + 'static>(_priority: u8, job: J) {
            std::thread::spawn(job).join().unwrap();
        }

        pub(super) struct Pool;

        impl Pool {
            pub(super) fn enqueue(&self, unit: impl Future<Output = ()> + Send + 'static) {
                std::thread::spawn(|| futures::executor::block_on(unit))
                    .join()
                    .unwrap();
            }
        }
    }

    #[traced_spawn(also(my_pool::submit, Pool::enqueue))]
    fn submits() {
        my_pool::submit(1, || child_here());
        my_pool::submit::<fn()>(1, child_here);
        my_pool::Pool.enqueue(child());
        my_pool::Pool.enqueue(async { child().await });
    }

    #[traced]
    async fn parent() {
        submits();
    }

    #[tokio::test]
    async fn also_names_spawners_of_the_program() {
        let spans = spans_of(parent()).await;
        assert_eq!(
            spans.tree(),
            "parent\n  child_here\n  child_here\n  child\n  child\n"
        );
    }

    #[traced]
    #[traced_spawn(name = "unit")]
    async fn traced_first() {
        tokio::spawn(child()).await.unwrap();
    }

    #[traced_spawn(name = "unit")]
    #[traced]
    async fn traced_last() {
        tokio::spawn(child()).await.unwrap();
    }

    #[traced_spawn(detached)]
    async fn detached() {
        tokio::spawn(child()).await.unwrap();
    }

    #[traced]
    async fn detached_parent() {
        detached().await;
    }

    #[tokio::test]
    async fn both_attributes_agree_in_either_order() {
        let spans = spans_of(traced_first()).await;
        assert_eq!(spans.tree(), "traced_first\n  unit\n    child\n");
        let spans = spans_of(traced_last()).await;
        assert_eq!(spans.tree(), "traced_last\n  unit\n    child\n");
        let spans = spans_of(detached_parent()).await;
        assert_eq!(spans.tree(), "detached_parent\n");
    }
}

mod containers {
    use super::*;

    struct Service(u8);

    #[traced_spawn]
    impl Service {
        const UNITS: [u8; 2] = {
            const fn two() -> [u8; 2] {
                [1, 2]
            }
            two()
        };

        async fn run(&self) {
            for _ in Self::UNITS {
                tokio::spawn(child()).await.unwrap();
            }
        }

        #[traced]
        async fn annotated(&self) -> u8 {
            tokio::spawn(child()).await.unwrap();
            self.0
        }

        #[traced(spawn = false)]
        async fn left_alone(&self) {
            tokio::spawn(child()).await.unwrap();
        }

        #[traced_spawn(detached)]
        async fn detached(&self) {
            tokio::spawn(child()).await.unwrap();
        }
    }

    #[traced_spawn(link)]
    mod workers {
        use super::*;

        pub(super) async fn start() {
            tokio::spawn(child()).await.unwrap();
        }

        pub(super) mod nested {
            use super::*;

            pub(in super::super) trait Starts {
                async fn begin(&self) {
                    tokio::spawn(child()).await.unwrap();
                }
            }

            impl Starts for u8 {}
        }
    }

    #[traced]
    async fn parent() {
        let service = Service(1);
        service.run().await;
        service.annotated().await;
        service.left_alone().await;
        service.detached().await;
    }

    #[tokio::test]
    async fn every_function_of_an_impl_is_rewritten() {
        let spans = spans_of(parent()).await;
        assert_eq!(
            spans.tree(),
            "parent\n  child\n  child\n  annotated\n    child\n  left_alone\n"
        );
    }

    #[traced]
    async fn starts() {
        use workers::nested::Starts as _;
        workers::start().await;
        1_u8.begin().await;
    }

    #[tokio::test]
    async fn every_function_of_a_module_and_its_modules_is_rewritten() {
        let spans = spans_of(starts()).await;
        assert_eq!(
            spans.tree(),
            "starts\nstart::spawn\n  child\nbegin::spawn\n  child\n"
        );
    }
}

mod streams {
    use futures::{Stream as _, StreamExt as _};
    use traced_tests::current_span_id;

    use super::*;

    #[traced]
    fn parent() -> std::sync::Arc<std::sync::Mutex<Vec<opentelemetry::trace::SpanId>>> {
        let seen = std::sync::Arc::new(std::sync::Mutex::new(vec![current_span_id()]));
        let log = seen.clone();
        let stream =
            futures::stream::iter(0..2).map(move |_| log.lock().unwrap().push(current_span_id()));
        let stream = traced::carry(stream);
        assert_eq!(stream.size_hint(), (2, Some(2)));
        std::thread::spawn(|| futures::executor::block_on(stream.for_each(|()| async {})))
            .join()
            .unwrap();
        seen
    }

    #[test]
    fn carry_takes_streams() {
        let (seen, _) = traced::testing::capture(parent);
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|id| *id == seen[0]));
    }
}
