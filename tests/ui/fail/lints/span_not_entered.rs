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

#[traced]
async fn only_awaits(work: impl Future<Output = ()>) {
    let mut span = get_tracer().start("charge");
    work.await;
    span.end();
}

#[traced]
async fn in_a_macro(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let tracer = get_tracer();
    let builder = tracer.span_builder("charge");
    let _span = builder.start(tracer);
    futures::join!(one, other);
}

fn get_tracer() -> &'static traced::opentelemetry::global::BoxedTracer {
    static TRACER: std::sync::OnceLock<traced::opentelemetry::global::BoxedTracer> =
        std::sync::OnceLock::new();
    TRACER.get_or_init(|| global::tracer("shop"))
}

fn charge() {}

async fn charge_later() {}

fn main() {
    direct();
    drop((only_awaits(async {}), in_a_macro(async {}, async {})));
    let _ = through_a_builder();
    built(&global::tracer("shop"));
}
