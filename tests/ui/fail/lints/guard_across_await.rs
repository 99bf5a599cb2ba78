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

#[traced]
async fn extracted(headers: &std::collections::HashMap<String, String>) {
    let cx = traced::extract(headers);
    let _guard = cx.attach();
    charge().await;
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(headers));
    let _again = Context::attach(cx);
    charge().await;
}

#[traced]
async fn in_a_macro(cx: Context) {
    let _guard = cx.with_value(Tenant(1)).attach();
    futures::join!(charge(), charge());
}

#[traced]
async fn in_an_argument_of_a_macro() {
    let _guard = Context::current().with_value(Tenant(1)).attach();
    println!("{:?}", charge().await);
}

#[derive(Debug)]
struct Tenant(#[allow(dead_code)] u8);

async fn charge() {}

fn main() {
    let cx = Context::new();
    drop((in_a_macro(cx.clone()), in_an_argument_of_a_macro()));
    drop(extracted(&Default::default()));
    let _ = (attached(cx.clone()), marked(), in_a_block(&cx));
}
