//! Finding spans by `find` and by the methods of a span.

use opentelemetry::Context;
use opentelemetry::trace::SpanKind;
use traced::testing::{assert_tree, capture, spans};
use traced::traced;

use crate::{audit, failure, handle, load};

#[test]
fn each_condition_keeps_the_spans_that_fit() {
    let ((), spans) = capture(|| {
        handle(&[7, 0]);
        audit();
    });
    let handle = spans.named("GET /orders");
    let count = |found: Vec<_>| found.len();
    assert_eq!(count(spans.find().all()), 5);
    assert_eq!(count(spans.find().name("load").all()), 2);
    assert_eq!(count(spans.find().name("*d*").all()), 5);
    assert_eq!(count(spans.find().kind(SpanKind::Client).all()), 2);
    assert_eq!(count(spans.find().has_attribute("id").all()), 2);
    assert_eq!(count(spans.find().attribute("id", 7).all()), 1);
    assert_eq!(count(spans.find().attribute("id", 8).all()), 0);
    assert_eq!(count(spans.find().failed().all()), 1);
    assert_eq!(count(spans.find().event("exception").all()), 1);
    assert_eq!(count(spans.find().root().all()), 2);
    assert_eq!(count(spans.find().child_of(handle).all()), 3);
    assert_eq!(count(spans.find().scope("traced-tests").all()), 5);
    assert_eq!(count(spans.find().scope("other").all()), 0);
    assert_eq!(
        count(
            spans
                .find()
                .matching("short", |span| span.name().len() < 5)
                .all()
        ),
        2
    );
    assert_eq!(
        spans.find().name("load").failed().one().attribute("id"),
        Some(0.into())
    );
    assert_eq!(
        spans.find().name("audit").first().unwrap().parent_id(),
        handle.id()
    );
    assert!(spans.find().name("none").first().is_none());
}

#[test]
fn spans_below_a_span_are_found_at_any_depth() {
    let ((), spans) = capture(|| {
        traced::span!("top", { handle(&[7]) });
        load(8).unwrap();
    });
    let top = spans.named("top");
    let below: Vec<&str> = spans
        .find()
        .below(top)
        .all()
        .iter()
        .map(|span| span.name())
        .collect();
    assert_eq!(below, ["GET /orders", "load", "audit"]);
    let seven = spans.find().attribute("id", 7).one();
    let ancestors: Vec<&str> = spans
        .ancestors_of(seven)
        .iter()
        .map(|span| span.name())
        .collect();
    assert_eq!(ancestors, ["GET /orders", "top"]);
    assert_eq!(spans.parent_of(seven).unwrap().name(), "GET /orders");
    assert!(spans.parent_of(top).is_none());
    assert_eq!(spans.children_of(top).len(), 1);
}

#[test]
fn exactly_returns_as_many_as_the_pattern_takes() {
    let ((), spans) = capture(|| handle(&[0, 8]));
    let [first, second] = spans.find().name("load").exactly();
    assert_eq!(
        (first.text("id"), second.text("id")),
        ("0".into(), "8".into())
    );
    assert_eq!((first.has_failed(), second.has_failed()), (true, false));
    assert_eq!(first.text("none"), "");
    let keys: Vec<&str> = first
        .attributes()
        .iter()
        .map(|attribute| attribute.key.as_str())
        .collect();
    assert_eq!(keys, ["id", "error.type"]);
    let [] = spans.find().name("store").exactly();
}

#[traced]
fn put() -> Context {
    Context::current()
}

#[traced(kind = "consumer", root, links = [message.clone(), other.clone()])]
fn process(message: Context, other: Context) {}

#[test]
fn spans_are_found_by_their_links() {
    let ((), spans) = capture(|| {
        let (first, second, third) = (put(), put(), put());
        process(first, third);
        drop(second);
    });
    let puts = spans.all_named("put");
    let process = spans.named("process");
    let linked: Vec<bool> = puts.iter().map(|put| process.is_linked_to(put)).collect();
    assert_eq!(linked, [true, false, true]);
    assert_eq!(process.links().len(), 2);
    assert_eq!(spans.find().linked_to(puts[0]).one().name(), "process");
    assert_eq!(spans.find().linked_to(process).all().len(), 0);
}

#[test]
fn events_come_in_the_order_of_their_times() {
    #[traced]
    fn inner() {
        traced::event!("second");
    }
    #[traced]
    fn outer() {
        traced::event!("first");
        inner();
        traced::event!("third");
    }
    let ((), spans) = capture(outer);
    assert_eq!(spans.named("outer").event_names(), ["first", "third"]);
    let events: Vec<_> = spans
        .events()
        .into_iter()
        .map(|(span, event)| (span.name(), &*event.name))
        .collect();
    assert_eq!(
        events,
        [("outer", "first"), ("inner", "second"), ("outer", "third")]
    );
}

#[traced::test]
fn a_failure_names_the_spans_that_have_not_ended() {
    traced::span!("open", {
        audit();
        let said = failure(|| spans().named("open").id());
        assert_eq!(
            said,
            "expected one span named \"open\", found 0:\naudit\nnot ended yet: open\n"
        );
        let said = failure(|| assert_tree!(spans(), "open\n  audit"));
        assert!(said.ends_with("not ended yet: open\n"), "{said}");
    });
    assert_tree!(spans(), "open\n  audit");
}

#[test]
fn a_failure_names_the_conditions_and_shows_the_tree() {
    let ((), spans) = capture(|| handle(&[7, 8]));
    let said = failure(|| {
        spans
            .find()
            .name("load")
            .kind(SpanKind::Server)
            .attribute("id", 7)
            .one();
    });
    assert_eq!(
        said,
        "expected one span named \"load\", of kind server, with id=7; found 0 in:\n\
         GET /orders [server] http.route=/orders\n  load [client] id=7\n  load [client] id=8\n  audit\n"
    );
    let said = failure(|| {
        let [_, _] = spans.find().name("audit").exactly();
    });
    assert!(
        said.starts_with("expected 2 spans named \"audit\"; found 1 in:\n"),
        "{said}"
    );
    let said = failure(|| {
        spans.find().name("load").one();
    });
    assert!(
        said.starts_with("expected one span named \"load\"; found 2 in:\n"),
        "{said}"
    );
}
