//! Keys that differ.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(id, order.id = id, "order_id" = id), lazy(order = id))]
fn different(id: u64) {}

#[traced(allow(duplicate_key), attributes(id), lazy(id))]
fn allowed(id: u64) {}

fn main() {
    different(1);
    allowed(1);
}
