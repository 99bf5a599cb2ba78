//! Returned values that are no errors and fail the span: `fail_if`, and results within other types.

use std::future::ready;
use std::task::Poll;

use futures::future::BoxFuture;
use opentelemetry::trace::Status;
use traced::testing::{Span, capture, capture_async};
use traced::traced;

/// A type of another crate.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answer {
    status: u16,
}

impl Answer {
    fn is_server_error(&self) -> bool {
        self.status >= 500
    }
}

fn failed(span: &Span, error_type: &str) {
    assert_eq!(*span.status(), Status::error(""));
    let found = span
        .attribute("error.type")
        .expect("an `error.type`")
        .to_string();
    assert!(found.ends_with(error_type), "{found}");
    assert_eq!(span.exceptions().len(), 0);
}

fn unset(span: &Span) {
    assert_eq!(*span.status(), Status::Unset);
    assert_eq!(span.attribute("error.type"), None);
}

#[traced(fail_if = |answer| answer.status >= 500)]
fn answer(status: u16) -> Answer {
    Answer { status }
}

#[traced(fail_if = Answer::is_server_error)]
async fn answer_later(status: u16) -> Answer {
    Answer { status }
}

#[traced(fail_if = Answer::is_server_error)]
fn answer_in_a_future(status: u16) -> impl Future<Output = Answer> {
    ready(Answer { status })
}

#[traced(fail_if = Answer::is_server_error)]
fn answer_in_a_box(status: u16) -> BoxFuture<'static, Answer> {
    Box::pin(async move { Answer { status } })
}

#[traced(fail_if = Option::is_none)]
fn find(id: u8) -> Option<u8> {
    (id > 1).then_some(id)
}

#[traced(fail_if = |found: &Vec<u8>| found.is_empty())]
fn list(rows: Vec<u8>) -> Vec<u8> {
    rows
}

#[traced(fail_if = |name| name.is_empty())]
fn borrowed(name: &str) -> &str {
    name
}

#[tokio::test]
async fn it_takes_any_return_type_and_shape() {
    let (_, spans) = capture_async(async {
        (
            answer(503),
            answer_later(503).await,
            answer_in_a_future(503).await,
            answer_in_a_box(503).await,
            find(1),
            list(vec![]),
            borrowed(""),
        )
    })
    .await;
    for name in [
        "answer",
        "answer_later",
        "answer_in_a_future",
        "answer_in_a_box",
    ] {
        failed(spans.named(name), "Answer");
    }
    failed(spans.named("find"), "Option<u8>");
    failed(spans.named("list"), "Vec<u8>");
    failed(spans.named("borrowed"), "&str");
}

#[tokio::test]
async fn other_values_leave_the_status_unset() {
    let (_, spans) =
        capture_async(async { (answer(404), answer_later(200).await, find(2), list(vec![1])) })
            .await;
    for name in ["answer", "answer_later", "find", "list"] {
        unset(spans.named(name));
    }
}

#[traced(
    fail_if = Answer::is_server_error,
    on_ok(|answer| error.type = %answer.status, answer.status = answer.status)
)]
fn described(status: u16) -> Answer {
    Answer { status }
}

#[test]
fn on_ok_may_say_the_type_of_the_error() {
    let (_, spans) = capture(|| described(503));
    failed(spans.named("described"), "503");
}

#[traced(
    fail_if = Answer::is_server_error,
    error_if = |error| error != "expected",
    on_err(|error| error.text = error)
)]
fn both(answer: Result<u16, &str>) -> Result<Answer, String> {
    match answer {
        Ok(status) => Ok(Answer { status }),
        Err(error) => Err(error.to_owned()),
    }
}

#[traced(fail_if = Answer::is_server_error, errors = false)]
fn no_errors(answer: Result<u16, ()>) -> Result<Answer, String> {
    answer
        .map(|status| Answer { status })
        .map_err(|()| "no".to_owned())
}

#[test]
fn of_a_result_it_sees_the_good_side() {
    let (_, spans) = capture(|| (both(Ok(503)), no_errors(Ok(503))));
    failed(spans.named("both"), "Answer");
    failed(spans.named("no_errors"), "Answer");
}

#[test]
fn errors_are_chosen_as_without_it() {
    let (_, spans) = capture(|| both(Err("unexpected")));
    assert_eq!(*spans.named("both").status(), Status::error("unexpected"));
    assert_eq!(spans.named("both").exceptions().len(), 1);
    let (_, spans) = capture(|| (both(Err("expected")), no_errors(Err(()))));
    unset(spans.named("both"));
    unset(spans.named("no_errors"));
}

#[traced(current, fail_if = Answer::is_server_error)]
fn in_the_current(status: u16) -> Answer {
    Answer { status }
}

#[traced]
fn around() -> Answer {
    in_the_current(503)
}

#[test]
fn with_current_it_fails_the_current_span() {
    let (_, spans) = capture(around);
    failed(spans.named("around"), "Answer");
}

struct Service;

#[traced(fail_if = Answer::is_server_error)]
impl Service {
    fn get(&self) -> Answer {
        Answer { status: 500 }
    }

    async fn post(&self) -> Answer {
        Answer { status: 500 }
    }
}

#[tokio::test]
async fn a_container_says_it_of_each_function() {
    let (_, spans) = capture_async(async { (Service.get(), Service.post().await) }).await;
    failed(spans.named("Service::get"), "Answer");
    failed(spans.named("Service::post"), "Answer");
}

#[traced]
async fn with_parts() -> u16 {
    #[traced(name = "call", fail_if = Answer::is_server_error)]
    let first = answer(500);
    #[traced(name = "awaited", fail_if = Answer::is_server_error)]
    let second = answer_later(500).await;
    #[traced(name = "block", fail_if = |sum| *sum > 10)]
    let sum = {
        let sum = first.status + second.status;
        sum / 2
    };
    let in_async = #[traced(name = "async", fail_if = |sum| *sum > 10)]
    async {
        sum
    };
    let in_closure = #[traced(name = "closure", fail_if = |sum: &u16| *sum > 10)]
    |sum: u16| sum;
    in_closure(in_async.await)
}

#[tokio::test]
async fn expressions_in_a_body_take_it_too() {
    let (_, spans) = capture_async(with_parts()).await;
    failed(spans.named("call"), "Answer");
    failed(spans.named("awaited"), "Answer");
    for name in ["block", "async", "closure"] {
        failed(spans.named(name), "u16");
    }
}

// Results within other types.

#[derive(Debug, thiserror::Error)]
#[error("no")]
struct No;

#[traced]
fn some_error() -> Option<Result<u8, No>> {
    Some(Err(No))
}

#[traced]
fn some_text() -> Option<Result<u8, String>> {
    Some(Err("no".to_owned()))
}

#[traced]
fn some_dyn() -> Option<Result<u8, Box<dyn std::error::Error>>> {
    Some(Err("no".into()))
}

#[traced]
fn polled() -> Poll<Result<u8, std::fmt::Error>> {
    Poll::Ready(Err(std::fmt::Error))
}

#[traced]
fn polled_item() -> Poll<Option<Result<u8, &'static str>>> {
    Poll::Ready(Some(Err("no")))
}

#[traced(lazy(later = 1), on_ok(|_| seen = true))]
async fn awaited_error() -> Option<std::io::Result<u8>> {
    Some(Err(std::io::ErrorKind::NotFound.into()))
}

#[tokio::test]
async fn an_error_within_an_option_or_a_poll_is_an_error() {
    let (_, spans) = capture_async(async {
        (
            some_error(),
            some_text(),
            some_dyn().is_some(),
            polled(),
            polled_item(),
            awaited_error().await,
        )
    })
    .await;
    for name in [
        "some_error",
        "some_text",
        "some_dyn",
        "polled",
        "polled_item",
        "awaited_error",
    ] {
        assert_eq!(spans.named(name).exceptions().len(), 1, "{name}");
        assert!(spans.named(name).has_failed(), "{name}");
    }
}

#[traced]
fn nothing_wrong(which: u8) -> Poll<Option<Result<u8, No>>> {
    match which {
        0 => Poll::Pending,
        1 => Poll::Ready(None),
        _ => Poll::Ready(Some(Ok(which))),
    }
}

#[traced]
fn generic<T: Clone>(value: &Poll<T>) -> Poll<T> {
    value.clone()
}

#[test]
fn without_an_error_in_it_the_status_stays_unset() {
    for which in 0..3 {
        let (_, spans) = capture(|| nothing_wrong(which));
        unset(spans.named("nothing_wrong"));
    }
    let (_, spans) = capture(|| generic(&Poll::Ready(Err::<u8, _>("no"))));
    unset(spans.named("generic"));
}
