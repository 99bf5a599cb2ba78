use traced::opentelemetry::global;
use traced::opentelemetry::trace::{Span, SpanBuilder, Tracer};
use traced::traced;

#[traced]
fn direct() {
    let mut span = global::tracer("shop").start("charge");
    span.set_attribute(traced::opentelemetry::KeyValue::new("order.id", 1));
    charge();
    span.end();
}

#[traced]
async fn through_a_builder() {
    let tracer = global::tracer("shop");
    let _span = tracer.span_builder("charge").start(&tracer);
    charge_later().await;
}

#[traced]
fn built(tracer: &impl Tracer<Span = traced::opentelemetry::global::BoxedSpan>) {
    let span = tracer.build(SpanBuilder::from_name("charge"));
    charge();
    drop(span);
}

fn charge() {}

async fn charge_later() {}

fn main() {
    direct();
    let _ = through_a_builder();
    built(&global::tracer("shop"));
}
