//! Does the layer for `tracing` follow the provider, whichever is installed first?
//!
//! One test, as the provider is the process's.

use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt;

#[traced::traced]
fn ours() {
    tracing::info_span!("innermost").in_scope(|| ());
}

fn theirs(name: &'static str) {
    let _span = tracing::info_span!("theirs", name).entered();
    ours();
}

/// The provider has to be kept: its exporter forgets its spans when the last clone is dropped.
fn installed() -> (SdkTracerProvider, InMemorySpanExporter) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    traced::set_tracer_provider(provider.clone());
    (provider, exporter)
}

/// The names of the spans, each a child of the next and all of one trace.
fn chain(exporter: &InMemorySpanExporter) -> Vec<String> {
    let spans: Vec<SpanData> = exporter.get_finished_spans().unwrap();
    for pair in spans.windows(2) {
        assert_eq!(pair[0].parent_span_id, pair[1].span_context.span_id());
        assert_eq!(
            pair[0].span_context.trace_id(),
            pair[1].span_context.trace_id()
        );
    }
    spans.iter().map(|span| span.name.to_string()).collect()
}

#[test]
fn the_layer_follows_the_provider() {
    // The subscriber first.
    let subscriber = tracing_subscriber::registry().with(traced::tracing_layer());
    let _installed = tracing::subscriber::set_default(subscriber);
    theirs("before there is a provider");

    let (_first_provider, first) = installed();
    theirs("with the first");
    assert_eq!(chain(&first), ["innermost", "ours", "theirs"]);

    // A provider that replaces another, while a span of the old one is open.
    let open = tracing::info_span!("open").entered();
    let (_second_provider, second) = installed();
    drop(open);
    theirs("with the second");
    assert_eq!(chain(&second), ["innermost", "ours", "theirs"]);
    assert_eq!(first.get_finished_spans().unwrap().len(), 4);

    // The provider first, and another subscriber.
    second.reset();
    let subscriber = tracing_subscriber::registry().with(traced::tracing_layer());
    tracing::subscriber::with_default(subscriber, || theirs("with another subscriber"));
    assert_eq!(chain(&second), ["innermost", "ours", "theirs"]);
    assert_eq!(
        second.get_finished_spans().unwrap()[2]
            .instrumentation_scope
            .name(),
        "tracing"
    );
}
