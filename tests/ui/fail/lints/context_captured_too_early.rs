use traced::opentelemetry::context::FutureExt;
use traced::opentelemetry::trace::{Tracer, mark_span_as_active};
use traced::opentelemetry::{Context, global};
use traced::traced;

#[traced]
fn spawned() {
    let cx = Context::current();
    let span = global::tracer("shop").start("charge");
    let _active = mark_span_as_active(span);
    std::thread::spawn(move || {
        let _guard = cx.attach();
        charge();
    });
}

#[traced]
fn with_context(entered: Context) -> impl Future<Output = ()> {
    let cx = Context::current();
    let _active = entered.attach();
    async { charge() }.with_context(cx.clone())
}

#[traced]
fn through_another_name() {
    let cx = Context::current();
    let _active = mark_span_as_active(global::tracer("shop").start("charge"));
    let cx2 = cx.clone();
    std::thread::spawn(move || drop(cx2));
}

#[traced]
fn in_a_call() {
    let cx = Context::current();
    global::tracer("shop").in_span("charge", |_| {
        std::thread::spawn(move || drop(cx));
    });
}

#[traced]
fn in_a_block() {
    let cx = Context::current();
    traced::span!("charge", {
        rayon::join(|| drop(cx.clone()), || ());
    });
}

fn charge() {}

fn main() {
    spawned();
    through_another_name();
    in_a_call();
    in_a_block();
    let _ = with_context(Context::new());
}
