use traced::opentelemetry::Context;
use traced::opentelemetry::trace::{Tracer, mark_span_as_active};
use traced::{opentelemetry::global, traced};

#[traced]
async fn attached(cx: Context) {
    let _guard = cx.attach();
    charge().await;
    charge().await;
}

#[traced]
async fn marked() {
    let span = global::tracer("shop").start("charge");
    let _active = mark_span_as_active(span);
    if true {
        charge().await;
    }
}

#[traced]
async fn in_a_block(cx: &Context) {
    let future = async {
        let _guard = cx.clone().attach();
        charge().await
    };
    future.await;
}

async fn charge() {}

fn main() {
    let cx = Context::new();
    let _ = (attached(cx.clone()), marked(), in_a_block(&cx));
}
