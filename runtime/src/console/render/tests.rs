use std::time::{Duration, Instant};

use opentelemetry::KeyValue;

use super::super::collect::Collector;
use super::super::samples::{LIMITS, context, failed, finished, span, with, with_event, with_link};
use super::*;

/// The lines of a finished trace on a terminal of 60 columns.
fn lines(spans: Vec<opentelemetry_sdk::trace::SpanData>) -> Vec<String> {
    lines_of(&finished(spans), 60)
}

fn lines_of(batch: &TraceBatch, columns: usize) -> Vec<String> {
    let text = render(batch, None, columns, false);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn names_durations_and_bars_stand_in_columns() {
    let shown = lines(vec![
        span(1, 0, "checkout", 0, 100),
        span(2, 1, "load", 0, 50),
        span(3, 1, "charge", 50, 75),
    ]);
    assert_eq!(
        shown,
        [
            "● checkout · 100ms · 3 spans · shop · 4bf92f35",
            "checkout   100ms  ██████████████████████████████████████████",
            "├─ load   50.0ms  █████████████████████",
            "└─ charge 25.0ms                       ██████████▌",
            "",
        ]
    );
}

#[test]
fn a_wide_header_shows_the_whole_trace_id() {
    let batch = finished(vec![span(1, 0, "checkout", 0, 100)]);
    assert_eq!(
        lines_of(&batch, 100)[0],
        "● checkout · 100ms · 1 span · shop · 4bf92f3577b34da6a3ce929d0e0e4736"
    );
}

#[test]
fn the_header_counts_other_scopes() {
    let mut query = span(2, 1, "query", 0, 50);
    query.instrumentation_scope = opentelemetry::InstrumentationScope::builder("sql").build();
    let shown = lines(vec![span(1, 0, "checkout", 0, 100), query]);
    assert_eq!(
        shown[0],
        "● checkout · 100ms · 2 spans · shop +1 scope · 4bf92f35"
    );
}

#[test]
fn the_header_prefers_a_scope_that_is_not_ours() {
    let mut request = span(1, 0, "GET /", 0, 100);
    let ours = opentelemetry::InstrumentationScope::builder("traced").build();
    request.instrumentation_scope = ours;
    assert_eq!(
        lines(vec![request.clone()])[0],
        "● GET / · 100ms · 1 span · traced · 4bf92f35"
    );
    let shown = lines(vec![request, span(2, 1, "load", 0, 50)]);
    assert_eq!(
        shown[0],
        "● GET / · 100ms · 2 spans · shop +1 scope · 4bf92f35"
    );
}

#[test]
fn the_header_names_the_service_if_it_has_a_name() {
    let service = |attributes: &[(&'static str, &'static str)]| {
        let attributes = attributes
            .iter()
            .map(|&(key, value)| KeyValue::new(key, value));
        let resource = Resource::builder_empty()
            .with_attributes(attributes)
            .build();
        service_of(&resource)
    };
    let unknown = [
        ("service.name", "unknown_service:shop"),
        ("service.version", "2.0"),
    ];
    assert_eq!(service(&unknown), None);
    assert_eq!(service(&[("service.name", "unknown_service")]), None);
    assert_eq!(service(&[("service.name", "")]), None);
    assert_eq!(service(&[("service.version", "2.0")]), None);
    assert_eq!(service(&[("service.name", "a\x1bb")]).unwrap(), "a\\u{1b}b");
    let till = service(&[("service.name", "till"), ("service.version", "2.0")]).unwrap();

    let mut query = span(2, 1, "query", 0, 50);
    query.instrumentation_scope = opentelemetry::InstrumentationScope::builder("sql").build();
    let batch = finished(vec![span(1, 0, "checkout", 0, 100), query]);
    let shown = render(&batch, Some(&till), 60, false);
    assert_eq!(
        shown.lines().next().unwrap(),
        "● checkout · 100ms · 2 spans · till 2.0 · 4bf92f35"
    );
}

#[test]
fn a_kind_is_shown_unless_it_is_internal() {
    let mut server = span(1, 0, "GET /", 0, 100);
    server.span_kind = SpanKind::Server;
    assert!(lines(vec![server])[1].starts_with("GET / server 100ms"));
}

#[test]
fn attributes_are_wrapped_between_pairs() {
    let mut data = span(1, 0, "checkout", 0, 100);
    for key in ["first.attribute", "second.attribute", "third.attribute"] {
        data = with(data, key, "value");
    }
    assert_eq!(
        lines(vec![data])[2..4],
        [
            "  first.attribute=value second.attribute=value",
            "  third.attribute=value"
        ]
    );
}

#[test]
fn many_attributes_are_cut_with_a_count() {
    let mut data = span(1, 0, "checkout", 0, 100);
    for key in ["a", "b", "c", "d", "e", "f"] {
        data = with(data, key, "x".repeat(80));
    }
    assert_eq!(lines(vec![data])[6], "  … 2 more");
}

#[test]
fn an_attribute_set_twice_shows_its_last_value() {
    let data = with(with(span(1, 0, "a", 0, 9), "key", 1), "key", 2);
    assert_eq!(lines(vec![data])[2], "  key=2");
}

#[test]
fn a_value_with_blanks_is_quoted() {
    let data = with(span(1, 0, "a", 0, 9), "key", "say \"hi\"");
    assert_eq!(lines(vec![data])[2], "  key=\"say \\\"hi\\\"\"");
}

#[test]
fn a_value_cannot_drive_the_terminal() {
    let data = with(span(1, 0, "a", 0, 9), "key", "\x1b[2J");
    assert_eq!(lines(vec![data])[2], "  key=\\u{1b}[2J");
}

#[test]
fn an_exception_shows_type_message_and_chain() {
    let exception = vec![
        KeyValue::new("exception.type", "PaymentError"),
        KeyValue::new("exception.message", "card declined"),
        KeyValue::new("exception.stacktrace", "card declined\nCaused by: no funds"),
    ];
    let data = with_event(span(1, 0, "charge", 0, 100), "exception", 80, exception);
    assert_eq!(
        lines(vec![failed(data, "card declined")])[2..],
        [
            "  ✗ PaymentError: card declined +80.0ms",
            "    Caused by: no funds",
            ""
        ]
    );
}

#[test]
fn a_long_chain_is_cut_with_a_count() {
    let chain: Vec<_> = (0..20).map(|frame| format!("frame {frame}")).collect();
    let exception = vec![KeyValue::new("exception.stacktrace", chain.join("\n"))];
    let data = with_event(span(1, 0, "charge", 0, 100), "exception", 80, exception);
    assert_eq!(lines(vec![data])[11], "    … 12 more");
}

#[test]
fn a_failed_span_without_exception_shows_its_description() {
    let data = with(span(1, 0, "charge", 0, 100), "error.type", "timeout");
    let shown = lines(vec![failed(data, "no answer")]);
    assert_eq!(shown[3], "  ✗ timeout: no answer");
}

#[test]
fn a_failed_span_is_marked_in_plain_text_too() {
    let shown = lines(vec![failed(span(1, 0, "charge", 0, 100), "")]);
    assert!(shown[1].starts_with("charge ✗ 100ms"));
}

#[test]
fn the_header_counts_errors() {
    let shown = lines(vec![failed(span(1, 0, "charge", 0, 100), "")]);
    assert_eq!(
        shown[0],
        "✗ charge · 100ms · 1 span · 1 error · shop · 4bf92f35"
    );
}

#[test]
fn an_event_shows_when_it_happened() {
    let pairs = vec![KeyValue::new("key", "cart:7")];
    let data = with_event(span(1, 0, "load", 10, 100), "cache miss", 12, pairs);
    assert_eq!(lines(vec![data])[2], "  • cache miss +2.00ms key=cart:7");
}

#[test]
fn a_link_shows_the_ids_of_its_target() {
    let data = with_link(span(1, 0, "send", 0, 9), context(0xabcd << 112, 0xef << 56));
    assert_eq!(lines(vec![data])[2], "  ⇢ link abcd0000:ef000000");
}

#[test]
fn a_link_within_the_tree_is_named() {
    let target = span(1, 0, "checkout", 0, 9);
    let context = target.span_context.clone();
    let shown = lines(vec![target, with_link(span(2, 1, "send", 0, 9), context)]);
    assert_eq!(shown[3], "     ⇢ link 4bf92f35:00000000 checkout");
}

#[test]
fn cancelled_work_is_marked() {
    let data = with(span(1, 0, "fetch", 0, 100), "traced.cancelled", true);
    assert!(lines(vec![data])[1].starts_with("fetch cancelled 100ms"));
}

#[test]
fn spawned_work_is_marked() {
    let shown = lines(vec![span(1, 0, "a", 0, 50), span(2, 1, "task", 0, 100)]);
    assert!(shown[2].starts_with("└─ task ↗  100ms"), "{}", shown[2]);
}

#[test]
fn a_remote_parent_is_named_by_its_id() {
    let mut data = span(1, 0xabc, "GET /", 0, 100);
    data.parent_span_is_remote = true;
    assert_eq!(lines(vec![data])[2], "  ↤ parent 0000000000000abc (remote)");
}

#[test]
fn what_the_sdk_dropped_is_counted() {
    let mut data = span(1, 0, "a", 0, 100);
    data.dropped_attributes_count = 3;
    data.events.dropped_count = 1;
    assert_eq!(lines(vec![data])[2], "  … 3 attributes, 1 event dropped");
}

#[test]
fn an_unfinished_trace_is_marked() {
    let mut collector = Collector::new(LIMITS);
    let now = Instant::now();
    collector.start(span(1, 0, "worker", 0, 0), now);
    let batch = collector.flush(now + Duration::from_millis(100)).remove(0);
    assert_eq!(
        lines_of(&batch, 60)[..2],
        [
            "… worker · 100ms · 1 span · … unfinished · shop · 4bf92f35",
            "worker running 100ms  ███████████████████████████████████▓▒░",
        ]
    );
}

#[test]
fn a_long_name_gives_way_to_its_marks() {
    let mut data = failed(span(1, 0, "x", 0, 100), "");
    data.name = "name".repeat(30).into();
    data.span_kind = SpanKind::Client;
    assert_eq!(
        lines(vec![data])[1],
        "namenamenamenamenamenamenam… client ✗ 100ms  ███████████████"
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut spans = vec![span(1, 0, "注文".repeat(20).leak(), 0, 1_000)];
    for id in 2..60 {
        let data = span(id, id - 1, "a rather long name", id, 1_000 - id);
        let data = with(data, "key", "value ".repeat(30));
        spans.push(failed(with_event(data, "event", id, vec![]), "description"));
    }
    let batch = finished(spans);
    for columns in [20, 30, 47, 48, 60, 100, 300] {
        for line in lines_of(&batch, columns) {
            assert!(text::width(&line) <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let mut spans = vec![with(span(1, 0, "checkout", 0, 100), "key", "value")];
    spans.push(failed(span(2, 1, "charge", 10, 20), "declined"));
    let batch = finished(spans);
    let coloured = render(&batch, None, 80, true);
    let mut bare = String::new();
    for piece in coloured.split('\x1b') {
        let start = if bare.is_empty() && !coloured.starts_with('\x1b') {
            0
        } else {
            piece.find('m').map_or(0, |end| end + 1)
        };
        bare.push_str(&piece[start..]);
    }
    assert_eq!(bare, render(&batch, None, 80, false));
}

#[test]
fn the_tree_in_the_documentation_is_what_is_printed() {
    let mut root = failed(span(1, 0, "POST /orders", 0, 160), "402 Payment Required");
    root.span_kind = SpanKind::Server;
    let root = with(root, "http.request.method", "POST");
    let mut query = with(
        span(3, 2, "SELECT carts", 4, 28),
        "db.system.name",
        "postgresql",
    );
    query.span_kind = SpanKind::Client;
    let declined = vec![
        KeyValue::new("exception.type", "PaymentError"),
        KeyValue::new("exception.message", "card declined"),
        KeyValue::new("exception.stacktrace", "Caused by: insufficient funds"),
    ];
    let charge = failed(span(4, 1, "charge", 32, 112), "card declined");
    let batch = finished(vec![
        with(root, "http.route", "/orders"),
        span(2, 1, "load_cart", 1, 30),
        query,
        with_event(charge, "exception", 111, declined),
        span(5, 1, "send_receipt", 113, 182),
    ]);
    let tree = render(&batch, None, 90, false);
    let tree: Vec<_> = tree.trim_end().lines().collect();
    let documented = format!("//! {}", tree.join("\n//! "));
    assert!(
        include_str!("../../console.rs").contains(&documented),
        "{documented}"
    );
}
