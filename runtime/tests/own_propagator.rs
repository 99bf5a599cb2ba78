//! Does a capture leave a propagator alone that the program has installed, and can that read any carrier?
//!
//! Every test installs the same one, as there is one global propagator.

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, global};
use traced::testing::capture;
use traced::traced;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Writes the trace id alone. It looks for a header whose name begins with `x-trace`, and reads the first of that name.
#[derive(Debug)]
struct TraceIdOnly(Vec<String>);

impl TextMapPropagator for TraceIdOnly {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let trace = context.span().span_context().trace_id();
        injector.set("x-trace", trace.to_string());
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let mut keys = extractor.keys().into_iter();
        let key = keys.find(|key| key.starts_with("x-trace"));
        let trace = key.and_then(|key| TraceId::from_hex(extractor.get(key)?).ok());
        let Some(trace) = trace else {
            return context.clone();
        };
        let (span, state) = (SpanId::from(7), TraceState::NONE);
        let flags = TraceFlags::SAMPLED;
        context.with_remote_span_context(SpanContext::new(trace, span, flags, true, state))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

#[traced(inject = headers)]
fn request(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers
}

#[traced(extract = headers)]
fn handle(headers: &[(&str, &str)]) {
    let _ = headers;
}

fn install() {
    global::set_text_map_propagator(TraceIdOnly(vec!["x-trace".to_owned()]));
}

#[test]
fn a_propagator_of_the_program_stays_installed() {
    install();
    let (headers, spans) = capture(|| request(Vec::new()));
    let trace = spans.named("request").trace_id().to_string();
    assert_eq!(headers, [("x-trace".to_owned(), trace)]);
}

#[test]
fn a_propagator_may_list_the_headers_and_read_one() {
    install();
    let headers = [("order", "1"), ("x-trace-id", TRACE), ("x-trace-id", "2")];
    let ((), spans) = capture(|| handle(&headers));
    let span = spans.named("handle");
    assert_eq!(span.trace_id().to_string(), TRACE);
    assert_eq!(span.data().parent_span_id, SpanId::from(7));
}

/// The attribute `traced.ignored_parent` is for headers that a propagator should have read.
#[test]
fn a_header_that_the_propagator_does_not_know_is_not_told_as_ignored() {
    install();
    let ((), spans) = capture(|| handle(&[("traceparent", "junk")]));
    let ignored = spans.named("handle").attribute("traced.ignored_parent");
    assert_eq!(ignored, None);
}
