//! Does a capture leave a propagator alone that the program has installed?
//!
//! One test, as there is one global propagator.

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, global};
use traced::testing::capture;
use traced::traced;

/// Writes the trace id alone.
#[derive(Debug)]
struct TraceIdOnly(Vec<String>);

impl TextMapPropagator for TraceIdOnly {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let trace = context.span().span_context().trace_id();
        injector.set("x-trace", trace.to_string());
    }

    fn extract_with_context(&self, context: &Context, _: &dyn Extractor) -> Context {
        context.clone()
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

#[traced(inject = headers)]
fn request(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers
}

#[test]
fn a_propagator_of_the_program_stays_installed() {
    global::set_text_map_propagator(TraceIdOnly(vec!["x-trace".to_owned()]));
    let (headers, spans) = capture(|| request(Vec::new()));
    let trace = spans.named("request").trace_id().to_string();
    assert_eq!(headers, [("x-trace".to_owned(), trace)]);
}
