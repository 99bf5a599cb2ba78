//! Where the spans of a process go: by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`.

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// Sends what is left when it is dropped.
#[must_use]
pub struct Guard(SdkTracerProvider);

/// Starts to send spans.
pub fn init() -> Guard {
    let exporter = SpanExporter::builder().with_tonic().build().unwrap();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    traced::set_tracer_provider(provider.clone());
    traced::propagation::use_w3c();
    Guard(provider)
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            eprintln!("spans were lost: {error}");
        }
    }
}
