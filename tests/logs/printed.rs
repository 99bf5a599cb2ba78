//! Log records on the terminal.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use traced::testing::{Spans, capture};
use traced::traced;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[traced]
fn pay() {
    tracing::info!(order = 7, "paid");
}

fn printed(
    subscriber: impl tracing::Subscriber + Send + Sync,
    written: &Written,
) -> (String, Spans) {
    let ((), spans) = tracing::subscriber::with_default(subscriber, || {
        let out = capture(pay);
        tracing::info!("outside");
        out
    });
    (written.text(), spans)
}

#[test]
fn a_line_begins_with_the_digits_that_the_tree_shows() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(written.clone())
        .map_event_format(traced::logs::text)
        .finish();
    let (text, spans) = printed(subscriber, &written);
    let trace = spans.named("pay").trace_id().to_string();
    let expected = format!(
        "{}  INFO paid order=7\n          INFO outside\n",
        &trace[..8]
    );
    assert_eq!(text, expected);
}

#[test]
fn full_ids_have_the_names_of_the_specification() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .compact()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(written.clone())
        .map_event_format(|format| traced::logs::text(format).with_full_ids())
        .finish();
    let (text, spans) = printed(subscriber, &written);
    let span = spans.named("pay");
    let (trace, id) = (span.trace_id(), span.id());
    let expected =
        format!("trace_id={trace} span_id={id} trace_flags=03  INFO paid order=7\n INFO outside\n");
    assert_eq!(text, expected);
}

#[test]
fn json_has_the_ids_as_members_and_stays_json() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(written.clone())
        .map_event_format(traced::logs::json)
        .finish();
    let (text, spans) = printed(subscriber, &written);
    let objects: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [inside, outside] = &objects[..] else {
        panic!("{text}");
    };
    let span = spans.named("pay");
    assert_eq!(inside["trace_id"], span.trace_id().to_string());
    assert_eq!(inside["span_id"], span.id().to_string());
    assert_eq!(inside["trace_flags"], "03");
    assert_eq!(inside["message"], "paid");
    assert_eq!(inside["order"], 7);
    assert!(outside.get("trace_id").is_none());
}

#[test]
fn a_format_that_writes_no_object_is_left_as_it_is() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(written.clone())
        .map_event_format(traced::logs::json)
        .finish();
    let (text, _) = printed(subscriber, &written);
    assert_eq!(text, " INFO paid order=7\n INFO outside\n");
}
