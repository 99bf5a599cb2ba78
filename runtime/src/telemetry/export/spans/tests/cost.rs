//! The cost of a span on the export thread: moving it from its slot into a request.
//!
//! Prints a line for `cargo xtask bench-report`, which runs this in a release build.

use std::time::Instant;

use super::*;

const SPANS: usize = 512;

#[test]
fn spans_are_taken_and_put_into_a_request() {
    let (provider, intake, known) = ours(Sampling::Plain(Sampler::AlwaysOn), limits());
    let tracer = provider.tracer("bench");
    let encoded = Arc::<EncodedResource>::default();
    encoded.set(&resource());
    let mut times = Vec::new();
    for _ in 0..rounds(200) {
        for _ in 0..SPANS {
            drop(tracer.start("span"));
        }
        let began = Instant::now();
        let request = SpansRequest::new(intake.take(), &known, &encoded);
        let bytes = request.encode(Format::Protobuf).unwrap();
        times.push(began.elapsed().as_nanos() as f64 / SPANS as f64);
        drop(request);
        let read = ExportTraceServiceRequest::decode(&*bytes).unwrap();
        let spans = &read.resource_spans[0].scope_spans[0].spans;
        assert_eq!(spans.len(), SPANS);
        intake.settle(SPANS as u64, SPANS as u64);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "export\tinit\ta batch of 512\ttraced\t{:.2}",
        times[times.len() / 4]
    );
}
