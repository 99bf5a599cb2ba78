use traced::opentelemetry::Context;
use traced::opentelemetry::trace::{SpanRef, TraceContextExt, get_active_span};
use traced::traced;

#[traced]
fn at_once() {
    Context::current().span().end();
}

#[traced]
fn through_a_name() {
    let cx = Context::current();
    cx.span().end();
}

#[traced]
fn in_a_closure() {
    get_active_span(|span| span.end());
}

#[traced]
fn through_a_name_for_the_span() {
    let cx = Context::current();
    let span = cx.span();
    span.end();
}

#[traced]
fn in_a_typed_closure() {
    get_active_span(|span: SpanRef<'_>| span.end());
    Context::map_current(|cx| cx.span().end());
}

/// Neither guard is alive here.
#[traced]
fn beside_guards(cx: Context) {
    let elsewhere = cx.clone();
    std::thread::spawn(move || {
        let _guard = elsewhere.attach();
    });
    Context::current().span().end();
    let _guard = cx.attach();
}

fn main() {
    through_a_name_for_the_span();
    in_a_typed_closure();
    beside_guards(Context::new());
    at_once();
    through_a_name();
    in_a_closure();
}
