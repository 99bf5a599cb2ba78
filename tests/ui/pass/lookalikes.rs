//! What looks like a mistake of `fail` and is none.
#![deny(warnings)]

use traced::opentelemetry::Context;
use traced::traced;

#[traced(name = "a", kind = "client",)]
fn trailing_comma() {}

#[traced(attributes("order.id" = id, order.type = "new", id))]
fn keys(id: u64) {}

#[traced(parent = Context::new())]
fn parent() {}

#[traced(error_if = |error| *error > 1)]
fn error_if() -> Result<(), u8> {
    Ok(())
}

#[traced()]
fn empty_list() {}

fn main() {
    trailing_comma();
    keys(1);
    parent();
    error_if().unwrap();
    empty_list();
}
