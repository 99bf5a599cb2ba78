//! Streams whose items may be errors.

// The cases keep the exact code that the macro has to handle, so clippy's suggestions do not apply.
#![allow(
    clippy::implied_bounds_in_impls,
    clippy::let_and_return,
    clippy::redundant_async_block,
    clippy::semicolon_if_nothing_returned
)]

use std::pin::Pin;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, FusedStream, StreamExt as _, TryStreamExt as _};
use futures::{FutureExt as _, Stream, TryStream};
use opentelemetry::trace::Status;
use traced::testing::{Span, Spans, capture_async};
use traced::traced;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("row {0} is broken")]
struct Broken(u8);

fn rows_up_to(broken: &[u8]) -> Vec<Result<u8, Broken>> {
    let row = |n| match broken.contains(&n) {
        true => Err(Broken(n)),
        false => Ok(n),
    };
    (1..=4).map(row).collect()
}

#[traced]
fn opaque(broken: &[u8]) -> impl Stream<Item = Result<u8, Broken>> + use<> {
    stream::iter(rows_up_to(broken))
}

#[traced]
fn boxed(broken: &[u8]) -> BoxStream<'static, Result<u8, Broken>> {
    let rows = rows_up_to(broken);
    stream::once(async move { stream::iter(rows) })
        .flatten()
        .boxed()
}

#[traced]
fn pinned(broken: &[u8]) -> Pin<Box<dyn Stream<Item = Result<u8, Broken>> + Send>> {
    let rows = rows_up_to(broken);
    Box::pin(stream::once(async move { stream::iter(rows) }).flatten())
}

#[traced]
fn tried(broken: &[u8]) -> impl TryStream<Ok = u8, Error = Broken> + use<> {
    stream::iter(rows_up_to(broken))
}

#[traced(returns = "stream")]
fn alias(broken: &[u8]) -> Rows {
    stream::iter(rows_up_to(broken)).boxed()
}

type Rows = BoxStream<'static, Result<u8, Broken>>;

fn is_error(spans: &Spans, name: &str, message: &str) {
    let span = spans.named(name);
    assert_eq!(*span.status(), Status::error(message.to_owned()), "{name}");
    assert_eq!(span.attribute("traced.cancelled"), None, "{name}");
    let error_type = span.attribute("error.type").expect(name).to_string();
    assert!(error_type.ends_with("Broken"), "{error_type}");
}

#[tokio::test]
async fn a_consumer_that_stops_at_an_error_cancelled_nothing() {
    let (found, spans) = capture_async(async {
        [
            opaque(&[2]).try_collect::<Vec<_>>().await,
            boxed(&[2]).try_collect::<Vec<_>>().await,
            pinned(&[2]).try_collect::<Vec<_>>().await,
            tried(&[2]).try_collect::<Vec<_>>().await,
            alias(&[2]).try_collect::<Vec<_>>().await,
        ]
    })
    .await;
    assert!(found.iter().all(|found| *found == Err(Broken(2))));
    for name in ["opaque", "boxed", "pinned", "tried", "alias"] {
        is_error(&spans, name, "row 2 is broken");
        assert_eq!(spans.named(name).exceptions().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn each_item_that_is_an_error_is_an_exception() {
    let (rows, spans) = capture_async(async { opaque(&[1, 3]).collect::<Vec<_>>().await }).await;
    assert_eq!(rows.len(), 4);
    // The first error determines the status.
    is_error(&spans, "opaque", "row 1 is broken");
    assert_eq!(spans.named("opaque").exceptions().len(), 2);
}

#[tokio::test]
async fn without_an_error_a_consumer_that_stops_cancels() {
    let ((), spans) = capture_async(async {
        let mut rows = Box::pin(opaque(&[1]));
        assert_eq!(rows.next().await, Some(Err(Broken(1))));
        assert_eq!(rows.next().await, Some(Ok(2)));
    })
    .await;
    let span = spans.named("opaque");
    assert_eq!(span.attribute("traced.cancelled"), Some(true.into()));
    assert!(span.has_failed());
}

#[traced(on_err(|error| row.broken = error.0))]
fn endless() -> impl Stream<Item = Result<u8, Broken>> {
    stream::iter((0..=u8::MAX).cycle()).map(|n| Err(Broken(n)))
}

#[tokio::test]
async fn a_stream_that_fails_for_ever_leaves_room_for_other_events() {
    let (rows, spans) =
        capture_async(async { endless().take(1000).collect::<Vec<_>>().await }).await;
    assert_eq!(rows.len(), 1000);
    let span = spans.named("endless");
    assert_eq!(
        (span.exceptions().len(), span.attribute("row.broken")),
        (16, Some(15.into()))
    );
    assert_eq!(span.attribute("traced.cancelled"), None);
}

#[traced]
fn is_bad(error: &Broken) -> bool {
    error.0 < u8::MAX
}

#[traced(error_if = is_bad)]
fn judged() -> impl Stream<Item = Result<u8, Broken>> {
    stream::iter((0..=u8::MAX).cycle()).map(|n| Err(Broken(n)))
}

#[tokio::test]
async fn what_judges_a_failure_is_in_the_trace_after_many_failures_too() {
    let (_, spans) = capture_async(async { judged().take(20).collect::<Vec<_>>().await }).await;
    let span = spans.named("judged");
    assert_eq!(spans.find().name("is_bad").child_of(span).all().len(), 20);
}

#[traced]
async fn sum() -> Result<u8, Broken> {
    let mut sum = 0;
    let mut rows = boxed(&[3]);
    while let Some(row) = rows.try_next().await? {
        sum += row;
    }
    Ok(sum)
}

#[tokio::test]
async fn an_error_that_leaves_through_the_consumer_is_recorded_once() {
    let (out, spans) = capture_async(sum()).await;
    assert_eq!(out, Err(Broken(3)));
    is_error(&spans, "boxed", "row 3 is broken");
    is_error(&spans, "sum", "row 3 is broken");
    assert_eq!(spans.named("boxed").exceptions().len(), 1);
    assert_eq!(spans.named("sum").exceptions().len(), 0);
}

#[traced(
    error_if = |error| error.0 > 2,
    on_err(|error| row.broken = error.0),
)]
fn chosen(broken: &[u8]) -> impl Stream<Item = Result<u8, Broken>> + use<> {
    stream::iter(rows_up_to(broken))
}

#[traced(errors = false)]
fn silent() -> BoxStream<'static, Result<u8, Broken>> {
    stream::iter(rows_up_to(&[1])).boxed()
}

/// The exported value of a key that was set more than once.
fn last(span: &Span, key: &str) -> Option<opentelemetry::Value> {
    let mut attributes = span.data().attributes.iter().rev();
    let attribute = attributes.find(|attribute| attribute.key.as_str() == key);
    attribute.map(|attribute| attribute.value.clone())
}

#[tokio::test]
async fn error_if_and_on_err_see_each_item() {
    let (_, spans) = capture_async(async {
        (
            chosen(&[1, 4]).collect::<Vec<_>>().await,
            chosen(&[2]).collect::<Vec<_>>().await,
        )
    })
    .await;
    let [both, one] = spans.find().name("chosen").exactly();
    assert_eq!(*both.status(), Status::error("row 4 is broken"));
    assert_eq!(both.exceptions().len(), 1);
    assert_eq!(last(both, "row.broken"), Some(4.into()));
    assert_eq!(*one.status(), Status::Unset);
    assert_eq!(last(one, "row.broken"), Some(2.into()));
}

#[tokio::test]
async fn without_errors_no_item_is_recorded() {
    let (_, spans) = capture_async(async { silent().try_collect::<Vec<_>>().await }).await;
    let span = spans.named("silent");
    assert_eq!(
        (span.exceptions().len(), span.status()),
        (0, &Status::Unset)
    );
}

#[traced(fail_if = |n| *n > 2)]
fn numbers() -> impl Stream<Item = u8> {
    stream::iter([1, 2, 3])
}

#[tokio::test]
async fn fail_if_sees_each_item() {
    let (_, spans) = capture_async(async { numbers().collect::<Vec<_>>().await }).await;
    let span = spans.named("numbers");
    assert_eq!(*span.status(), Status::error(""));
    assert_eq!(span.attribute("error.type"), Some("u8".into()));
    assert_eq!(span.exceptions().len(), 0);
}

// Further bounds beside the trait of a future or a stream.

trait Numbered {
    fn number(&self) -> u8;
}

#[derive(Clone)]
struct Numbers(u8);

impl Numbered for Numbers {
    fn number(&self) -> u8 {
        self.0
    }
}

impl Future for Numbers {
    type Output = Result<u8, Broken>;

    fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        std::task::Poll::Ready(Err(Broken(self.0)))
    }
}

#[traced]
fn own_trait() -> impl Future<Output = Result<u8, Broken>> + Numbered {
    Numbers(1)
}

#[traced]
fn cloned() -> impl Future<Output = Result<u8, Broken>> + Clone {
    Numbers(2)
}

#[traced]
fn fused() -> impl Future<Output = Result<u8, Broken>> + futures::future::FusedFuture {
    Numbers(3).fuse()
}

#[traced]
fn fused_alone() -> impl futures::future::FusedFuture<Output = Result<u8, Broken>> {
    Numbers(3).fuse()
}

#[traced]
fn unpinned() -> impl Future<Output = Result<u8, Broken>> + Unpin + Send + 'static {
    Numbers(4)
}

#[traced]
fn unwinds<'a>(
    by: &'a u8,
) -> impl Future<Output = Result<u8, Broken>> + std::panic::UnwindSafe + 'a {
    async move { Err(Broken(*by)) }
}

#[traced]
fn uses<'a, T: Copy + Into<u8>>(
    by: &'a T,
) -> impl Future<Output = Result<u8, Broken>> + use<'a, T> {
    let by: u8 = (*by).into();
    async move { Err(Broken(by)) }
}

#[traced]
fn fused_rows() -> impl Stream<Item = Result<u8, Broken>> + FusedStream + Unpin {
    stream::iter(rows_up_to(&[1])).fuse()
}

#[traced]
fn tried_future() -> BoxFuture<'static, Result<u8, Broken>> {
    async { Numbers(5).await }.boxed()
}

#[tokio::test]
async fn a_future_with_other_traits_is_timed_to_the_return() {
    let (_, spans) = capture_async(async {
        assert_eq!(own_trait().number(), 1);
        let twice = cloned();
        (twice.clone().await, twice.await)
    })
    .await;
    for name in ["own_trait", "cloned"] {
        assert_eq!(*spans.named(name).status(), Status::Unset);
        assert_eq!(spans.named(name).attribute("traced.cancelled"), None);
    }
}

#[tokio::test]
async fn a_future_that_can_be_wrapped_with_its_traits_is_timed_to_its_end() {
    use futures::future::FusedFuture as _;

    let (_, spans) = capture_async(async {
        let mut once = fused();
        assert!(!once.is_terminated());
        let _ = (&mut once).await;
        assert!(once.is_terminated());
        let (five, six) = (5, 6);
        let mut here = unpinned();
        (
            fused_alone().await,
            (&mut here).await,
            unwinds(&five).await,
            uses(&six).await,
            tried_future().await,
        )
    })
    .await;
    for name in [
        "fused",
        "fused_alone",
        "unpinned",
        "unwinds",
        "uses",
        "tried_future",
    ] {
        assert!(spans.named(name).has_failed(), "{name}");
    }
}

#[tokio::test]
async fn a_fused_stream_stays_fused() {
    let (_, spans) = capture_async(async {
        let mut rows = fused_rows();
        while !rows.is_terminated() {
            let _ = rows.next().await;
        }
    })
    .await;
    is_error(&spans, "fused_rows", "row 1 is broken");
}
