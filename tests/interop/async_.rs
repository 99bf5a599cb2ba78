//! Futures across `.await`: moved between threads, run side by side, dropped.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::thread::{self, ThreadId};

use futures::future::join_all;
use opentelemetry::trace::FutureExt;
use tracing::Instrument;

use crate::{capture, migrate, pause, poll_elsewhere};
use traced::testing::Capture;
use traced::traced;

#[traced]
async fn ours() {
    pause().await;
}

#[tracing::instrument]
async fn theirs() {
    pause().await;
}

#[traced]
async fn ours_calls_theirs() {
    pause().await;
    theirs().await;
    pause().await;
    ours().await;
}

#[tracing::instrument]
async fn theirs_calls_ours() {
    pause().await;
    ours().await;
    pause().await;
    theirs().await;
}

#[test]
fn both_take_turns_over_await_and_from_thread_to_thread() {
    #[traced]
    async fn top() {
        theirs_calls_ours().await;
        ours_calls_theirs().await;
    }
    let ((), spans) = capture(|| migrate(top().instrument(tracing::info_span!("around"))));
    let expected = "\
around
  top
    theirs_calls_ours
      ours
      theirs
    ours_calls_theirs
      theirs
      ours
";
    assert_eq!(spans.tree(), expected);
}

#[test]
fn an_instrumented_future_of_ours_is_its_child() {
    let ((), spans) = capture(|| migrate(ours().instrument(tracing::info_span!("around"))));
    assert_eq!(spans.tree(), "around\n  ours\n");
}

#[test]
fn a_tracing_span_made_in_a_body_is_a_parent_while_its_future_runs() {
    #[traced]
    async fn top() {
        ours().instrument(tracing::info_span!("around")).await;
        ours().await;
    }
    let ((), spans) = capture(|| migrate(top()));
    assert_eq!(spans.tree(), "top\n  around\n    ours\n  ours\n");
}

#[test]
fn futures_side_by_side_do_not_adopt_each_other() {
    #[traced]
    async fn top() {
        let both = (0..4).map(|_| async {
            futures::join!(theirs_calls_ours(), ours_calls_theirs());
        });
        join_all(both).await;
    }
    let ((), spans) = capture(|| migrate(top()));
    let top = spans.named("top");
    for (parent, children) in [("theirs_calls_ours", 4), ("ours_calls_theirs", 4)] {
        let found = spans.all_named(parent);
        assert_eq!(found.len(), children);
        for span in found {
            assert!(span.is_child_of(top));
            let below: Vec<_> = spans
                .iter()
                .filter(|child| child.is_child_of(span))
                .collect();
            let mut names: Vec<_> = below.iter().map(|child| child.name()).collect();
            names.sort_unstable();
            assert_eq!(names, ["ours", "theirs"], "{}", spans.tree());
        }
    }
}

#[test]
fn a_future_dropped_while_it_waits_ends_every_span_in_its_place() {
    let (is_pending, spans) = capture(|| {
        #[traced]
        async fn top() {
            theirs_calls_ours().await;
        }
        let mut future = Box::pin(top());
        let first = poll_elsewhere(future.as_mut());
        let second = poll_elsewhere(future.as_mut());
        (first, second) == (Poll::Pending, Poll::Pending)
    });
    assert!(is_pending);
    assert_eq!(
        spans.tree(),
        "top traced.cancelled=true\n  theirs_calls_ours\n    ours traced.cancelled=true\n"
    );
}

#[test]
fn select_drops_the_loser_and_leaves_the_winner_in_place() {
    #[traced]
    async fn top() {
        let never = async {
            theirs().await;
            std::future::pending::<()>().await;
        };
        let never = pin!(never.instrument(tracing::info_span!("loser")));
        let winner = pin!(ours_calls_theirs());
        futures::future::select(never, winner).await;
        theirs().await;
    }
    let ((), spans) = capture(|| migrate(top()));
    let top = spans.named("top");
    assert!(spans.named("loser").is_child_of(top));
    assert!(spans.named("ours_calls_theirs").is_child_of(top));
    let of_top = spans.all_named("theirs");
    assert_eq!(
        of_top.iter().filter(|span| span.is_child_of(top)).count(),
        1
    );
}

#[test]
fn a_busy_runtime_moves_tasks_between_threads_and_the_trees_hold() {
    /// Records the threads that polled the task.
    #[traced]
    async fn task() -> Vec<ThreadId> {
        let mut threads = Vec::new();
        for _ in 0..8 {
            threads.push(thread::current().id());
            tokio::task::yield_now().await;
            inner().await;
        }
        threads
    }
    #[tracing::instrument]
    async fn inner() {
        tokio::task::yield_now().await;
        leaf().await;
    }
    #[traced]
    async fn leaf() {
        tokio::task::yield_now().await;
    }

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let has_moved = |threads: &Vec<ThreadId>| threads.windows(2).any(|pair| pair[0] != pair[1]);
    // The scheduler decides whether a task moves, so try until one has moved.
    for _ in 0..100 {
        let capture = Capture::new();
        crate::subscribe();
        let tasks: Vec<_> = (0..64)
            .map(|_| runtime.spawn(task().with_context(capture.context())))
            .collect();
        let threads = runtime.block_on(join_all(tasks));
        let threads: Vec<_> = threads.into_iter().map(Result::unwrap).collect();

        let spans = capture.spans();
        assert_eq!(spans.len(), 64 * (1 + 8 + 8));
        let tasks = spans.all_named("task");
        let of = |name: &str, parent: &traced::testing::Span| {
            let all = spans.all_named(name).into_iter();
            all.filter(|span| span.is_child_of(parent)).count()
        };
        assert!(
            tasks
                .iter()
                .all(|task| task.is_root() && of("inner", task) == 8)
        );
        let inner = spans.all_named("inner");
        assert!(inner.iter().all(|inner| of("leaf", inner) == 1));
        if threads.iter().any(has_moved) {
            return;
        }
    }
    panic!("no task ever moved from one worker to another");
}

#[test]
fn a_boxed_instrumented_future_may_be_returned() {
    #[traced]
    fn boxed() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(ours().instrument(tracing::info_span!("around")))
    }
    let ((), spans) = capture(|| migrate(boxed()));
    assert_eq!(spans.tree(), "boxed\n  around\n    ours\n");
}
