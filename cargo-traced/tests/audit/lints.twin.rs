fn kept(cx: Context) {
    let _guard = cx.attach();
    work();
}

async fn before(cx: Context) {
    {
        let _guard = cx.attach();
        work();
    }
    work().await;
}

fn entered(tracer: &BoxedTracer) {
    let span = tracer.start("work");
    let _guard = mark_span_as_active(span);
    work();
}

fn in_order(span: &mut BoxedSpan, error: &Error) {
    span.record_error(error);
    span.set_status(Status::error("x"));
}

/// rustc reports these, and a report of ours would be the second.
#[traced]
fn annotated(cx: Context) {
    let _ = cx.attach();
    work();
}

/// The lints about the span of a function have nothing to say of one without.
async fn accept() {
    loop {
        work().await;
    }
}

async fn accept_and_hand_over() {
    loop {
        let stream = listener.accept().await;
        serve_one(stream, traced::carry(work())).await;
    }
}

/// What is extracted and attached is no context of a trace.
async fn mail(message: &Message) {
    let file = message.extract("invoice");
    let _attached = file.attach();
    work().await;
}

#[traced_spawn]
async fn carries() {
    loop {
        work().await;
    }
}

#[traced(current)]
async fn adds_to_the_current_span() {
    loop {
        work().await;
    }
}

fn main() {
    serve();
}
