use traced::opentelemetry::trace::{TraceContextExt, Tracer, mark_span_as_active};
use traced::opentelemetry::{Context, ContextGuard, global};
use traced::traced;

#[traced]
fn statement(cx: Context) {
    cx.attach();
    charge();
}

#[traced]
fn underscore(cx: &Context) {
    let _ = cx.clone().attach();
    charge();
}

#[traced]
fn marked() {
    let span = global::tracer("shop").start("charge");
    let _ = mark_span_as_active(span);
    let other = global::tracer("shop").start("charge");
    Context::current_with_span(other).attach();
    charge();
}

#[traced]
fn without_let(cx: Context) {
    _ = cx.clone().attach();
    let _: ContextGuard = Context::attach(cx);
    traced::extract(&Vec::<(String, String)>::new()).attach();
    charge();
}

fn charge() {}

fn main() {
    statement(Context::new());
    underscore(&Context::new());
    marked();
    without_let(Context::new());
}
