#[tracing::instrument(skip_all)]
fn theirs() {} //~? tracing_spans

async fn f() {
    work().instrument(tracing::info_span!("work")).await; //~? tracing_spans
}

// The rule has notes alone: a subscriber may come from a crate that this one only calls.
fn g(cx: Context) {
    let _ = cx.attach(); //~ guard_dropped_at_once
}

fn main() {
    serve();
}
