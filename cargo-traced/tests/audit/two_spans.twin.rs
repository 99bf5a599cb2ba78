// depends: tracing-opentelemetry
#[tracing::instrument(skip_all)]
fn theirs() {}

#[traced]
impl A {
    #[traced(skip)]
    #[instrument]
    fn theirs(&self) {}
}

fn main() {
    serve();
}
