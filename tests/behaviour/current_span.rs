//! Macros that act on the current span in a body: `event!`, `set_attributes!`, `span!` and others.

use std::cell::Cell;

use opentelemetry::trace::{SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId};
use traced::testing::{capture, capture_async};
use traced::traced;

#[traced]
fn works(attempt: u8) {
    traced::event!("retry", attempt, retry.reason = %"slow", "a key" = ?Some(1));
    traced::set_attributes!(attempt, type = "job");
    traced::event!("done");
}

#[test]
fn events_and_attributes_arrive() {
    let ((), spans) = capture(|| works(2));
    assert_eq!(spans.tree(), "works attempt=2 type=job\n");
    let events = spans.named("works").events();
    let shown: Vec<String> = events
        .iter()
        .map(|event| {
            let attributes = event.attributes.iter();
            let attributes: Vec<String> = attributes
                .map(|kv| format!("{}={}", kv.key, kv.value))
                .collect();
            format!("{} {}", event.name, attributes.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        ["retry attempt=2 retry.reason=slow a key=Some(1)", "done "]
    );
}

#[test]
fn values_are_evaluated_only_if_the_span_records() {
    let evaluated = Cell::new(0);
    let count = || {
        evaluated.set(evaluated.get() + 1);
        1
    };
    traced::event!("unseen", n = count());
    traced::set_attributes!(n = count());
    assert_eq!(evaluated.get(), 0);
}

#[traced]
fn has_blocks(fail: bool) -> Result<u8, String> {
    let parsed = traced::span!("parse", bytes = 3, {
        if fail { Err("bad".to_owned()) } else { Ok(1) }
    })?;
    Ok(parsed + traced::span!("add", { 1 }))
}

#[test]
fn a_block_has_a_span_and_its_error_is_recorded() {
    let (out, spans) = capture(|| has_blocks(false));
    assert_eq!(out, Ok(2));
    assert_eq!(spans.tree(), "has_blocks\n  parse bytes=3\n  add\n");
    let (_, spans) = capture(|| has_blocks(true));
    assert_eq!(*spans.named("parse").status(), Status::error("bad"));
    assert!(spans.named("has_blocks").events().is_empty());
}

#[traced]
async fn has_async_blocks(id: u8) -> u8 {
    let one = traced::span!("one", id, async {
        tokio::task::yield_now().await;
        id
    })
    .await;
    one + traced::span!("two", {
        tokio::task::yield_now().await;
        1
    })
}

#[tokio::test]
async fn an_async_block_has_a_span_on_every_poll() {
    let (out, spans) = capture_async(has_async_blocks(4)).await;
    assert_eq!(out, 5);
    assert_eq!(spans.tree(), "has_async_blocks\n  one id=4\n  two\n");
}

#[test]
fn the_current_span_can_be_named() {
    assert_eq!(traced::current().span_id(), SpanId::INVALID);
    assert_eq!(traced::current().exemplar_labels(), None);

    #[traced]
    fn names_itself() -> traced::CurrentSpan {
        traced::current()
    }

    let (current, spans) = capture(names_itself);
    let span = spans.named("names_itself");
    assert_eq!(
        (current.trace_id(), current.span_id()),
        (span.trace_id(), span.id())
    );
    assert!(current.is_recording() && current.is_sampled());
    let [trace, _] = current.exemplar_labels().unwrap();
    assert_eq!(trace, ("trace_id", span.trace_id().to_string()));
}

mod current {
    use super::*;

    #[traced(current, attributes(page), on_ok(|rows| rows = rows.len()))]
    fn paginate(page: u8) -> Result<Vec<u8>, String> {
        if page == 0 {
            Err("no page".into())
        } else {
            Ok(vec![page])
        }
    }

    #[traced]
    fn caller(page: u8) -> bool {
        paginate(page).is_ok()
    }

    #[test]
    fn adds_to_the_span_of_the_caller() {
        let (_, spans) = capture(|| caller(3));
        assert_eq!(spans.tree(), "caller page=3 rows=1\n");
    }

    #[test]
    fn records_errors_there_too() {
        let (_, spans) = capture(|| caller(0));
        assert_eq!(spans.named("caller").exceptions().len(), 1);
        assert_eq!(*spans.named("caller").status(), Status::error("no page"));
    }

    #[traced(current, attributes(page))]
    async fn paginate_later(page: u8) {
        tokio::task::yield_now().await;
        traced::event!("turned");
    }

    #[traced]
    async fn calls_later() {
        paginate_later(4).await;
    }

    #[tokio::test]
    async fn works_in_futures() {
        let ((), spans) = capture_async(calls_later()).await;
        assert_eq!(spans.tree(), "calls_later page=4\n");
        assert_eq!(spans.named("calls_later").events().len(), 1);
    }
}

mod results {
    use super::*;

    #[traced(on_ok(|rows| rows = rows.len()), on_err(|error| code = *error))]
    fn query(fail: bool) -> Result<Vec<u8>, u8> {
        if fail { Err(7) } else { Ok(vec![1, 2]) }
    }

    #[traced(on_ok(|found| found = found.is_some()))]
    async fn find(id: u8) -> Option<u8> {
        (id == 1).then_some(id)
    }

    #[traced(on_ok(|n| n = *n))]
    fn later(n: u8) -> impl Future<Output = Result<u8, String>> {
        async move { Ok(n) }
    }

    #[tokio::test]
    async fn say_something_of_their_span() {
        let (_, spans) = capture_async(async {
            let _ = (query(false), query(true), find(1).await, later(5).await);
        })
        .await;
        let trees =
            "query rows=2\nquery code=7 error.type=u8 error: 7\nfind found=true\nlater n=5\n";
        assert_eq!(spans.tree(), trees);
    }
}

mod surroundings {
    use opentelemetry::Context;
    use opentelemetry::baggage::BaggageExt;

    use super::*;

    fn tenant() -> String {
        Context::current()
            .baggage()
            .get("tenant")
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    #[traced(baggage(tenant = tenant, "n" = 3))]
    fn sets(tenant: &str) -> String {
        reads(tenant)
    }

    #[traced]
    fn reads(_: &str) -> String {
        super::surroundings::tenant()
    }

    #[traced(baggage(tenant = tenant))]
    async fn sets_later(tenant: String) -> String {
        tokio::task::yield_now().await;
        super::surroundings::tenant()
    }

    #[tokio::test]
    async fn baggage_is_there_for_the_call_and_no_longer() {
        let (seen, _) = capture(|| (sets("acme"), tenant()));
        assert_eq!(seen, ("acme".to_owned(), String::new()));
        assert_eq!(capture_async(sets_later("acme".into())).await.0, "acme");
    }

    #[traced(enabled = on, baggage(tenant = "x"))]
    fn switched(on: bool) -> SpanId {
        traced_tests::current_span_id()
    }

    #[traced]
    fn caller(on: bool) -> (SpanId, SpanId) {
        (traced_tests::current_span_id(), switched(on))
    }

    #[test]
    fn enabled_false_leaves_the_callers_span_current() {
        let ((own, seen), spans) = capture(|| caller(false));
        assert_eq!(own, seen);
        assert_eq!(spans.tree(), "caller\n");
        let (_, spans) = capture(|| caller(true));
        assert_eq!(spans.tree(), "caller\n  switched\n");
    }

    #[traced(enabled = false, baggage(tenant = tenant))]
    fn without_span(tenant: &str) -> String {
        super::surroundings::tenant()
    }

    #[traced(enabled = false, baggage(tenant = tenant))]
    async fn without_span_later(tenant: String) -> String {
        tokio::task::yield_now().await;
        super::surroundings::tenant()
    }

    #[tokio::test]
    async fn enabled_false_keeps_the_baggage() {
        let (seen, spans) = capture(|| without_span("acme"));
        assert!(spans.is_empty());
        assert_eq!(seen, "acme");
        let (seen, _) = capture_async(without_span_later("acme".to_owned())).await;
        assert_eq!(seen, "acme");
        assert_eq!(tenant(), "");
    }

    #[traced(current, attributes(tenant), baggage(tenant = tenant))]
    fn on_the_current_span(tenant: &str) -> (String, SpanId) {
        (
            super::surroundings::tenant(),
            traced_tests::current_span_id(),
        )
    }

    #[traced]
    fn around_current() -> (SpanId, (String, SpanId)) {
        (traced_tests::current_span_id(), on_the_current_span("acme"))
    }

    #[test]
    fn current_has_baggage() {
        let ((own, (seen, current)), spans) = capture(around_current);
        assert_eq!(seen, "acme");
        assert_eq!(own, current);
        assert_eq!(spans.tree(), "around_current tenant=acme\n");
        assert_eq!(tenant(), "");
    }

    #[test]
    fn current_has_baggage_where_there_is_no_span() {
        let ((seen, _), _) = capture(|| on_the_current_span("acme"));
        assert_eq!(seen, "acme");
    }

    #[traced(current, enabled = on, attributes(on))]
    fn current_if(on: bool) {}

    #[traced]
    fn around_current_if(on: bool) {
        current_if(on);
    }

    #[test]
    fn current_records_nothing_where_enabled_is_false() {
        let (_, spans) = capture(|| {
            around_current_if(false);
            around_current_if(true);
        });
        assert_eq!(
            spans.tree(),
            "around_current_if\naround_current_if on=true\n"
        );
    }

    fn remote(id: u64) -> SpanContext {
        SpanContext::new(
            TraceId::from(1),
            SpanId::from(id),
            TraceFlags::SAMPLED,
            true,
            Default::default(),
        )
    }

    #[traced(links = batch)]
    fn in_place(batch: Vec<SpanContext>) -> usize {
        batch.len()
    }

    #[traced(links = batch.iter().cloned())]
    fn iterated(batch: &[SpanContext]) {}

    #[traced(links = [context])]
    fn of_context(context: Context) {
        drop(context);
    }

    #[test]
    fn links_are_given_at_the_start() {
        let batch = vec![remote(2), remote(3)];
        let ((), spans) = capture(|| {
            iterated(&batch);
            of_context(Context::new().with_remote_span_context(remote(4)));
            in_place(batch);
        });
        let linked = |name| -> Vec<SpanId> {
            let links = spans.named(name).data().links.links.iter();
            links.map(|link| link.span_context.span_id()).collect()
        };
        assert_eq!(linked("in_place"), [SpanId::from(2), SpanId::from(3)]);
        assert_eq!(linked("iterated"), [SpanId::from(2), SpanId::from(3)]);
        assert_eq!(linked("of_context"), [SpanId::from(4)]);
    }

    #[traced]
    fn adds(context: &Context) {
        traced::add_link(context);
    }

    #[test]
    fn links_are_added_by_the_body() {
        let ((), spans) = capture(|| adds(&Context::new().with_remote_span_context(remote(4))));
        let links = &spans.named("adds").data().links.links;
        let linked = links.iter().map(|link| link.span_context.span_id());
        assert!(linked.eq([SpanId::from(4)]));
    }

    #[test]
    fn what_names_no_span_is_not_linked_to() {
        let nobody = Context::new;
        let ((), spans) = capture(|| {
            iterated(&[SpanContext::NONE, remote(2)]);
            in_place(vec![SpanContext::NONE]);
            of_context(nobody());
            adds(&nobody());
        });
        let counts = spans.iter().map(|span| span.data().links.len());
        assert_eq!(counts.collect::<Vec<_>>(), [1, 0, 0, 0]);
    }

    #[traced]
    fn where_they_stand(#[attribute] id: u8, #[attribute("user.name")] name: &str, _other: u8) {}

    #[test]
    fn parameters_can_be_recorded_where_they_stand() {
        let ((), spans) = capture(|| where_they_stand(1, "Ada", 2));
        assert_eq!(spans.tree(), "where_they_stand id=1 user.name=Ada\n");
    }

    // The name is nowhere but in the attribute, whose key is another.
    #[traced]
    fn only_recorded(#[attribute("user.name")] _name: Option<String>) {}

    #[test]
    fn a_parameter_that_the_body_does_not_use_can_be_recorded_under_another_key() {
        let ((), spans) = capture(|| only_recorded(Some("Ada".to_owned())));
        assert_eq!(spans.tree(), "only_recorded user.name=Ada\n");
    }
}

mod streams {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use futures_core::Stream;

    use super::*;

    struct Countdown(u8);

    impl Stream for Countdown {
        type Item = SpanId;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<SpanId>> {
            let left = self.0;
            self.0 = left.saturating_sub(1);
            Poll::Ready((left > 0).then(traced_tests::current_span_id))
        }
    }

    #[traced]
    fn counted(from: u8) -> impl Stream<Item = SpanId> {
        Countdown(from)
    }

    #[traced]
    fn boxed(from: u8) -> Pin<Box<dyn Stream<Item = SpanId> + Send>> {
        Box::pin(Countdown(from))
    }

    fn next<S: Stream + ?Sized>(stream: Pin<&mut S>) -> Option<S::Item> {
        let mut task = Context::from_waker(std::task::Waker::noop());
        match stream.poll_next(&mut task) {
            Poll::Ready(item) => item,
            Poll::Pending => panic!("a countdown is always ready"),
        }
    }

    #[test]
    fn a_stream_is_one_span_from_the_call_to_its_end() {
        let (seen, spans) = capture(|| {
            let mut stream = Box::pin(counted(2));
            let seen = [next(stream.as_mut()), next(stream.as_mut())];
            assert_eq!(next(stream.as_mut()), None);
            seen
        });
        let span = spans.named("counted");
        assert_eq!(seen, [Some(span.id()); 2]);
        assert_eq!(span.attribute("traced.cancelled"), None);
    }

    #[test]
    fn one_that_is_dropped_before_its_end_is_marked() {
        let (_, spans) = capture(|| next(boxed(2).as_mut()));
        assert_eq!(
            spans.named("boxed").attribute("traced.cancelled"),
            Some(true.into())
        );
    }
}
