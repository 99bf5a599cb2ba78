//! The assertions of one trace, of no orphans and of no lost context.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use traced::testing::{Capture, capture, spans};
use traced::traced;

use crate::{audit, failure, handle, load};

/// Runs one of these tests at a time: a lost context is reported to each capture that is open, also to those of other
/// tests.
fn in_turn(test: impl FnOnce()) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    capture(test);
}

#[test]
fn assert_one_trace_fails_with_several_traces_and_with_none() {
    let ((), spans) = capture(|| handle(&[7]));
    spans.assert_one_trace();
    let ((), spans) = capture(|| {
        audit();
        audit();
    });
    let said = failure(|| spans.assert_one_trace());
    assert_eq!(said, "expected one trace, found 2:\naudit\naudit\n");
    let said = failure(|| capture(|| ()).1.assert_one_trace());
    assert_eq!(said, "expected one trace, found no span\n");
}

#[test]
fn an_orphan_is_a_span_whose_parent_is_missing() {
    let ((), spans) = capture(|| handle(&[7]));
    spans.assert_no_orphans();
    let capture = Capture::new();
    let attached = capture.context().attach();
    traced::span!("open", {
        load(7).unwrap();
        let said = failure(|| capture.spans().assert_no_orphans());
        assert_eq!(
            said,
            "spans without their parent: 1\n  load: its parent \"open\" has not ended\nload [client] id=7\n\
             not ended yet: open\n"
        );
    });
    drop(attached);
    capture.spans().assert_no_orphans();
}

#[test]
fn a_parent_of_another_capture_is_missing() {
    let ((_, inner), outer) = capture(|| traced::span!("outer", { capture(audit) }));
    outer.assert_no_orphans();
    let said = failure(|| inner.assert_no_orphans());
    assert!(
        said.contains("audit: its parent is none of these spans"),
        "{said}"
    );
}

#[test]
fn a_parent_in_another_process_is_not_missing() {
    #[traced(extract = headers)]
    fn receive(headers: std::collections::HashMap<String, String>) {}
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("traceparent".to_owned(), parent.to_owned())];
    let ((), spans) = capture(|| receive(headers.into()));
    assert!(!spans.named("receive").is_root());
    spans.assert_no_orphans();
    spans.assert_one_trace();
}

#[test]
fn a_carried_context_is_not_lost() {
    in_turn(|| {
        #[traced]
        fn top() {
            thread::spawn(audit).join().unwrap();
        }
        top();
        spans().assert_no_lost_context();
    });
}

#[test]
fn a_thread_without_carry_loses_the_context() {
    in_turn(|| {
        audit();
        thread::Builder::new()
            .name("pool-3".into())
            .spawn(|| drop(load(7)))
            .unwrap()
            .join()
            .unwrap();
        thread::spawn(audit).join().unwrap();
        assert_eq!(
            spans().len(),
            1,
            "what has lost its context is in no capture"
        );
        let said = failure(|| spans().assert_no_lost_context());
        assert_eq!(
            said,
            "spans that started without the context of a test: 2\n  \
         load: 1 of 1, on thread \"pool-3\"\n  \
         audit: 1 of 2, on a thread without a name\n\
         carry it there: annotate the function that spawns, or use `traced::carry` or `traced::carry_fn`\n\
         the other spans:\naudit\n"
        );
    });
}

#[test]
fn lost_contexts_are_counted_by_name() {
    in_turn(|| {
        #[traced]
        fn ping() {}

        for name in ["pool 1", "pool 2", "pool 2", "pool 3", "pool 4"] {
            ping();
            let thread = thread::Builder::new().name(name.into());
            thread.spawn(ping).unwrap().join().unwrap();
        }
        let said = failure(|| spans().assert_no_lost_context());
        let line = "ping: 5 of 10, on thread \"pool 1\", on thread \"pool 2\", on thread \"pool 3\" and 1 more\n";
        assert!(said.contains(line), "{said}");
    });
}

#[traced::test]
#[tokio::test]
async fn a_task_that_is_polled_beside_the_test_has_none_of_its_context() {
    // The task runs on the thread of the test, but the context is current only while the test itself is polled.
    tokio::spawn(async { audit() }).await.unwrap();
    assert!(spans().is_empty());
}

#[tokio::test]
#[traced::test]
async fn a_task_beside_the_test_has_none_of_its_context_below_the_attribute_of_the_runtime_either()
{
    tokio::spawn(async { audit() }).await.unwrap();
    assert!(spans().is_empty());
}

#[test]
fn servers_consumers_and_other_tests_lose_nothing() {
    in_turn(|| {
        #[traced(kind = "consumer")]
        fn consume() {}
        // A server may begin a trace, and so may a consumer.
        thread::spawn(|| handle(&[7])).join().unwrap();
        thread::spawn(consume).join().unwrap();
        // A thread of the name of a test is another test, which captures nothing.
        let (other, tests) = (thread::Builder::new(), "other::tests::run".to_owned());
        other.name(tests).spawn(audit).unwrap().join().unwrap();
        spans().assert_no_lost_context();
    });
}

#[test]
fn contexts_lost_before_a_capture_are_not_reported() {
    in_turn(|| {
        let outer = Capture::new();
        thread::spawn(audit).join().unwrap();
        Capture::new().spans().assert_no_lost_context();
        let (sender, receiver) = mpsc::channel();
        sender
            .send(failure(|| outer.spans().assert_no_lost_context()))
            .unwrap();
        assert!(
            receiver
                .recv()
                .unwrap()
                .contains("audit: 1 of 1, on a thread without a name")
        );
    });
}
