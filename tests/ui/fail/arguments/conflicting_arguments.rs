use traced::opentelemetry::Context;
use traced::traced;

#[traced(root, parent = cx)]
fn two_parents(cx: &Context) {}

#[traced(error_if = |e| *e > 1, errors = false)]
fn no_errors() -> Result<(), u8> {
    Ok(())
}

fn main() {
    two_parents(&Context::new());
    no_errors().unwrap();
}
