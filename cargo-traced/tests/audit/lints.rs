fn dropped(cx: Context) {
    let _ = cx.attach(); //~ guard_dropped_at_once
    work();
}

async fn across(cx: Context) {
    let _guard = cx.attach();
    work().await; //~ guard_across_await
}

async fn across_extracted(headers: &Headers) {
    let propagator = TraceContextPropagator::new();
    let parent = propagator.extract(headers);
    let _guard = parent.attach();
    work().await; //~ guard_across_await
}

async fn across_under_another_name(cx: OtelContext) {
    let _guard = cx.attach();
    work().await; //~ guard_across_await
}

fn not_entered(tracer: &BoxedTracer) {
    let mut span = tracer.start("work"); //~ span_not_entered
    work();
    span.end();
}

fn too_early(span: &mut BoxedSpan, error: &Error) {
    span.set_status(Status::error("x")); //~ status_before_exception
    span.record_error(error);
}

fn main() {
    serve();
}
