//! A key is anything but nothing.
#![deny(warnings)]

use traced::traced;

#[traced(attributes("-" = id, "the id" = id, note = ""))]
fn short(id: u64) {}

#[traced(allow(empty_key), attributes("" = id))]
fn allowed(id: u64) {}

fn main() {
    short(1);
    allowed(1);
}
