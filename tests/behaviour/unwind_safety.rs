//! The return type of an annotated function is as unwind-safe as without the attribute.

// The cases keep the exact code that the macro has to handle, so clippy's suggestions do not apply.
#![allow(
    clippy::bool_assert_comparison,
    clippy::let_and_return,
    clippy::semicolon_if_nothing_returned
)]

use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};

use futures::stream::StreamExt as _;
use futures::{FutureExt as _, Stream, stream};
use traced::testing::capture_async;
use traced::traced;

#[traced(attributes(n))]
async fn job(n: u8) -> Result<u8, String> {
    assert_ne!(n, 1, "one is too few");
    Ok(n)
}

#[traced]
fn returned(n: u8) -> impl Future<Output = u8> {
    let twice = n * 2;
    async move { 10 / (twice - 2) }
}

#[traced]
fn rows(n: u8) -> impl Stream<Item = u8> + UnwindSafe {
    stream::iter([n]).map(|n| 10 / (n - 1))
}

#[traced]
async fn with_parts(n: u8) -> u8 {
    let first = traced::span!("first", async { n }).await;
    #[traced(name = "block")]
    let second = {
        std::future::ready(()).await;
        first
    };
    #[traced_spawn(name = "unit")]
    let third = tokio::spawn(async move { second }).await.unwrap();
    third
}

fn is_unwind_safe(_: &(impl UnwindSafe + RefUnwindSafe)) {}

#[tokio::test]
async fn a_panic_in_an_annotated_async_fn_can_be_caught() {
    let (caught, spans) = capture_async(async { job(1).catch_unwind().await }).await;
    assert!(caught.is_err());
    let span = spans.named("job");
    assert!(span.has_failed());
    assert_eq!(span.exceptions().len(), 1);
    assert_eq!(job(2).catch_unwind().await.unwrap(), Ok(2));
}

#[tokio::test]
async fn a_panic_in_a_returned_future_can_be_caught() {
    assert!(returned(1).catch_unwind().await.is_err());
    assert_eq!(returned(2).catch_unwind().await.unwrap(), 5);
}

#[tokio::test]
async fn a_panic_in_a_stream_can_be_caught() {
    let (caught, spans) = capture_async(async { rows(1).catch_unwind().next().await }).await;
    assert!(caught.unwrap().is_err());
    assert!(spans.named("rows").has_failed());
}

#[test]
fn what_is_carried_stays_unwind_safe() {
    is_unwind_safe(&traced::carry(job(1)));
    is_unwind_safe(&traced::carry(rows(1)));
    is_unwind_safe(&traced::carry_fn(|| 1));
    assert_eq!(catch_unwind(traced::carry_fn(|| 1)).unwrap(), 1);
}

#[test]
fn expressions_in_a_body_leave_it_unwind_safe() {
    is_unwind_safe(&job(1));
    is_unwind_safe(&returned(2));
    is_unwind_safe(&with_parts(1));
}
