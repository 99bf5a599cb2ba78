//! Spans that their body has ended.

use opentelemetry::trace::TraceContextExt;
use traced::testing::capture;
use traced::traced;

/// Whether the current span records, before and after it was ended here.
fn end_the_current_span() -> [bool; 2] {
    let current = opentelemetry::Context::current();
    let before = current.span().is_recording();
    end(&current);
    [before, current.span().is_recording()]
}

/// In a function of its own, as a lint refuses it for the current span.
fn end(context: &opentelemetry::Context) {
    context.span().end();
}

#[traced]
fn ends_its_span() -> [bool; 2] {
    end_the_current_span()
}

#[test]
fn a_span_that_its_body_has_ended_does_not_record() {
    let (recorded, spans) = capture(ends_its_span);
    assert_eq!(recorded, [true, false]);
    assert_eq!(spans.tree(), "ends_its_span\n");
}

#[traced]
fn ends_its_span_and_fails() -> Result<(), String> {
    end_the_current_span();
    Err("late".to_owned())
}

#[traced]
fn passes_on() -> Result<(), String> {
    ends_its_span_and_fails()
}

/// The caller's span is the only one that can still record the error.
#[test]
fn the_error_of_a_span_that_its_body_has_ended_is_recorded_by_the_caller() {
    let (result, spans) = capture(passes_on);
    assert!(result.is_err());
    assert!(spans.named("ends_its_span_and_fails").events().is_empty());
    assert_eq!(spans.named("passes_on").exceptions().len(), 1);
}
