// depends: tracing-opentelemetry
#[tracing::instrument(skip_all)]
fn theirs() {}

#[traced]
impl A {
    #[traced(skip)]
    #[instrument]
    fn theirs(&self) {}
}

/// With `current`, the attribute makes no span.
#[traced(current, attributes(order.id = id))]
#[tracing::instrument]
fn recorded(id: u64) {}

fn main() {
    serve();
}
