//! Tasks and threads, spawned by annotated functions and by functions with spans of `tracing`.

use opentelemetry::trace::FutureExt;
use tracing::Instrument;

use traced::testing::{Capture, Spans};
use traced::{traced, traced_spawn};

#[traced]
async fn ours() {
    tokio::task::yield_now().await;
}

#[tracing::instrument]
async fn theirs() {
    tokio::task::yield_now().await;
}

/// Runs a future on a runtime with two workers and returns the spans of both kinds.
fn on_a_runtime(future: impl Future<Output = ()>) -> Spans {
    let capture = Capture::new();
    crate::subscribe();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(future.with_context(capture.context()));
    capture.spans()
}

#[test]
fn what_ours_spawns_is_below_it_whoever_made_the_span() {
    #[traced]
    async fn top() {
        tokio::spawn(theirs()).await.unwrap();
        tokio::spawn(ours()).await.unwrap();
        std::thread::spawn(|| tracing::info_span!("thread").in_scope(|| ()))
            .join()
            .unwrap();
    }
    let spans = on_a_runtime(top());
    assert_eq!(spans.tree(), "top\n  theirs\n  ours\n  thread\n");
}

#[test]
fn a_span_of_tracing_around_the_spawn_site_is_the_parent() {
    #[traced]
    async fn top() {
        let task = tracing::info_span!("around").in_scope(|| tokio::spawn(ours()));
        task.await.unwrap();
    }
    let spans = on_a_runtime(top());
    assert_eq!(spans.tree(), "top\n  around\n    ours\n");
}

#[test]
fn an_instrumented_function_may_carry_with_traced_spawn() {
    #[tracing::instrument]
    #[traced_spawn]
    async fn top() {
        tokio::spawn(ours()).await.unwrap();
        tokio::task::spawn_blocking(|| tracing::info_span!("blocking").in_scope(|| ()))
            .await
            .unwrap();
    }
    let spans = on_a_runtime(top());
    assert_eq!(spans.tree(), "top\n  ours\n  blocking\n");
}

#[test]
fn the_idiom_of_tracing_carries_ours() {
    #[tracing::instrument]
    async fn top() {
        // A bare spawn has no parent. `in_current_span` carries the tracing span, which is entered
        // on every poll and is then the parent of our spans too.
        tokio::spawn(ours().in_current_span()).await.unwrap();
        tokio::spawn(traced::carry(theirs())).await.unwrap();
    }
    let spans = on_a_runtime(top());
    assert_eq!(spans.tree(), "top\n  ours\n  theirs\n");
}

#[test]
fn a_task_outlives_both_and_still_has_its_parent() {
    #[traced]
    async fn top(done: tokio::sync::oneshot::Receiver<()>) -> tokio::task::JoinHandle<()> {
        let late = async move {
            let _ = done.await;
            theirs().await;
        };
        tracing::info_span!("around").in_scope(|| tokio::spawn(late))
    }
    let spans = on_a_runtime(async {
        let (finish, done) = tokio::sync::oneshot::channel();
        let task = top(done).await;
        finish.send(()).unwrap();
        task.await.unwrap();
    });
    assert_eq!(spans.tree(), "top\n  around\n    theirs\n");
    // The task held the context only, so neither span waited for it.
    let late = spans.named("theirs").data().start_time;
    assert!(spans.named("top").data().end_time <= late);
}
