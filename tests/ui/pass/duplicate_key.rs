//! Keys that differ.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(id, order.id = id, "order_id" = id), lazy(order = id))]
fn different(id: u64) {}

#[traced(attributes(tenant), baggage(tenant))]
fn in_baggage_too(tenant: &str) {}

#[traced(allow(duplicate_key), attributes(id), lazy(id))]
fn allowed(id: u64) {}

fn main() {
    different(1);
    in_baggage_too("a");
    allowed(1);
}
