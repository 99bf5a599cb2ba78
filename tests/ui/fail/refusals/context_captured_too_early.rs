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

fn charge() {}

fn main() {
    spawned();
    let _ = with_context(Context::new());
}
