use traced::opentelemetry::Context;
use traced::traced;

#[traced(root, parent = cx)]
fn two_parents(cx: &Context) {}

#[traced(root, extract = headers)]
fn root_and_extract(headers: &[(&str, &str)]) {}

#[traced(extract = headers, parent = cx)]
fn extract_and_parent(headers: &[(&str, &str)], cx: &Context) {}

#[traced(error_if = |e| *e > 1, errors = false)]
fn no_errors() -> Result<(), u8> {
    Ok(())
}

fn main() {
    two_parents(&Context::new());
    root_and_extract(&[]);
    extract_and_parent(&[], &Context::new());
    no_errors().unwrap();
}
