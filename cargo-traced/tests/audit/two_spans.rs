// depends: tracing-opentelemetry
#[tracing::instrument(skip_all)] //~ two_spans
#[traced]
fn both() {}

#[traced]
impl A {
    #[instrument] //~ two_spans
    fn both(&self) {}
}

#[traced(attributes(current = id))]
#[instrument] //~ two_spans
fn recorded(id: u64) {}

fn main() {
    serve();
}
