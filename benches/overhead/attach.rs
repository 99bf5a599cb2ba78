//! The smallest cost of a poll: OpenTelemetry's attach and detach alone.

use std::hint::black_box;
use std::time::Instant;

use opentelemetry::Context;
use opentelemetry::global;
use opentelemetry::trace::{TraceContextExt, Tracer};

use crate::modes::Mode;
use crate::undisturbed::undisturbed;

const ROUNDS: usize = 31;
const CALLS: u32 = 20_000;

/// Prints `attach` lines: the nanoseconds of an attach and its detach. Once with a context that
/// holds a span, which is cloned because `attach` takes it by value, and once with an empty
/// context, whose clone costs nothing.
pub(crate) fn time(mode: Mode) {
    let with_span = Context::new().with_span(global::tracer("bench").start("attached"));
    for (row, context) in [("with a span", with_span), ("empty", Context::new())] {
        let times: Vec<f64> = (0..ROUNDS).map(|_| nanoseconds(&context)).collect();
        let name = mode.name();
        println!(
            "attach\t{name}\t{row}\tc\t{:.2}\t1.000",
            undisturbed(&times)
        );
    }
}

fn nanoseconds(context: &Context) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        drop(black_box(black_box(context).clone().attach()));
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}
