//! Is the failure of a span exported the same, whether it is encoded at once or kept as values?

use std::error::Error;
use std::fmt;

use super::*;
use crate::failure::{Failure, hand_over};
use crate::span::ActiveSpan;

/// An error with a source, or without.
#[derive(Debug)]
struct Broken(String, Option<Box<Broken>>);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Broken {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

impl Random {
    fn message(&mut self) -> String {
        "äb€".repeat([0, 1, 7, 43, 5_000][self.below(5)])
    }

    fn failure(&mut self) -> Failure {
        let source = (self.below(2) == 0).then(|| Box::new(Broken(self.message(), None)));
        let error = Broken(self.message(), source);
        match self.below(5) {
            0 => Failure::new("503").with_message(self.message()),
            1 => Failure::from_described_value(),
            2 => Failure::from_error(&error).with_error_type("a name"),
            _ => Failure::from_error(&error),
        }
    }
}

/// The events and attributes of a span before it fails.
#[derive(Debug, Clone, Copy)]
struct Before {
    attributes: usize,
    has_type: bool,
    later: usize,
    events: usize,
    status: usize,
}

fn of_failure(
    sampling: Sampling,
    limits: Limits,
    before: Before,
    failure: Failure,
) -> (bool, Exported) {
    static SITE: CallSite = CallSite::new("load", SpanKind::Client, "scope", "", "module");
    let (provider, intake, known) = ours(sampling, limits);
    let tracer = provider.tracer_with_scope(scopes()[0].clone());
    let stack = ContextStack::of_this_thread().unwrap();
    let mut started = Context::new();
    let hold = |context: &mut Context| started = std::mem::take(context);
    let keys = ["a", "b"];
    let fill = &mut |attributes: &mut crate::attributes::Attributes| {
        for key in &keys[..before.attributes] {
            attributes.push_i64(key, 1);
        }
        if before.has_type {
            attributes.push_str("error.type", "first");
        }
    };
    tracer.start_with_attributes(&SITE, "load".into(), stack, 3, fill, hold);
    let span = started.span();
    for _ in 0..before.later {
        span.set_attribute(KeyValue::new("later", true));
    }
    for _ in 0..before.events {
        span.add_event("before", vec![KeyValue::new("number", 1)]);
    }
    match before.status {
        0 => span.set_status(Status::error("the body's")),
        1 => span.set_status(Status::Ok),
        _ => {}
    }
    let active = ActiveSpan::Span(started.clone());
    active.finish(active.may_be_recording(), Some(failure));
    let encoded = Arc::<EncodedResource>::default();
    let request = SpansRequest::new(intake.take(), &known, &encoded);
    let bytes = request.encode(Format::Protobuf).unwrap();
    let read = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    assert_eq!(read.encode_to_vec(), bytes, "prost would write the same");
    let mut exported = without_what_differs(read.resource_spans);
    let scopes = exported.iter_mut().flat_map(|all| &mut all.scope_spans);
    let spans = scopes.flat_map(|scope| &mut scope.spans);
    for event in spans.flat_map(|span| &mut span.events) {
        assert_ne!(event.time_unix_nano, 0);
        event.time_unix_nano = 1;
    }
    (provider.writes_attributes(), exported)
}

#[test]
fn failures_are_the_same_whether_they_are_encoded_at_once() {
    let mut random = Random::new(11);
    for round in 0..rounds(400) {
        let before = Before {
            attributes: random.below(3),
            has_type: random.below(4) == 0,
            later: random.below(3),
            events: random.below(3),
            status: random.below(4),
        };
        let limits = Limits {
            attributes: [128, 128, 1, 8][random.below(4)],
            events: [128, 128, 0, 1][random.below(4)],
            event_attributes: [128, 128, 2][random.below(3)],
            value_length: [None, None, Some(2)][random.below(3)],
            ..limits()
        };
        let failure = random.failure();
        let plain = Sampling::Plain(Sampler::AlwaysOn);
        let given = Sampling::Given(Box::new(Sampler::AlwaysOn));
        let (_, encoded) = of_failure(plain, limits, before, failure.clone());
        let (is_encoded, values) = of_failure(given, limits, before, failure);
        assert!(!is_encoded);
        assert_eq!(encoded, values, "round {round}: {before:?}");
    }
}

#[test]
fn a_failure_is_encoded_at_once() {
    let before = Before {
        attributes: 2,
        has_type: false,
        later: 0,
        events: 0,
        status: 2,
    };
    let plain = Sampling::Plain(Sampler::AlwaysOn);
    let source = Box::new(Broken("why".to_owned(), None));
    let failure = Failure::from_error(&Broken("what".to_owned(), Some(source)));
    let (is_encoded, exported) = of_failure(plain, limits(), before, failure);
    assert!(is_encoded);
    let span = &exported[0].scope_spans[0].spans[0];
    let keys: Vec<_> = span.attributes.iter().map(|one| &*one.key).collect();
    assert_eq!(keys, ["a", "b", "error.type"]);
    let status = span.status.as_ref().unwrap();
    assert_eq!((&*status.message, status.code), ("what", 2));
    let keys = span.events[0].attributes.iter().map(|one| &*one.key);
    let expected = [
        "exception.type",
        "exception.message",
        "exception.stacktrace",
    ];
    assert!(keys.eq(expected));
}

/// The events of a span whose failure is followed by another event, as one of another thread may be; and how many were
/// dropped.
fn events_with_one_after_the_failure(sampling: Sampling, limits: Limits) -> (Vec<String>, u32) {
    let (provider, intake, known) = ours(sampling, limits);
    let tracer = provider.tracer_with_scope(scopes()[0].clone());
    let context = Context::new().with_span(tracer.start("load"));
    let failure = Failure::from_error(&Broken("what".to_owned(), None));
    assert!(hand_over(&context, failure).is_none());
    context.span().add_event("after", Vec::new());
    context.span().end();
    let encoded = Arc::<EncodedResource>::default();
    let request = SpansRequest::new(intake.take(), &known, &encoded);
    let bytes = request.encode(Format::Protobuf).unwrap();
    let read = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    let span = &read.resource_spans[0].scope_spans[0].spans[0];
    let mut names: Vec<String> = span.events.iter().map(|event| event.name.clone()).collect();
    names.sort_unstable();
    (names, span.dropped_events_count)
}

#[test]
fn a_failure_that_is_encoded_at_once_takes_the_place_of_an_event() {
    for (most, events, dropped) in [(1, &["exception"][..], 1), (2, &["after", "exception"], 0)] {
        let limits = Limits {
            events: most,
            ..limits()
        };
        let plain = Sampling::Plain(Sampler::AlwaysOn);
        let given = Sampling::Given(Box::new(Sampler::AlwaysOn));
        for sampling in [plain, given] {
            let (found, found_dropped) = events_with_one_after_the_failure(sampling, limits);
            assert!(found.iter().eq(events), "{found:?}");
            assert_eq!(found_dropped, dropped);
        }
    }
}
