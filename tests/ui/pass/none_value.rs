//! Options that may hold something.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(coupon, order.coupon = coupon.map(str::len), order.state = "None"))]
fn sometimes_there(coupon: Option<&str>) {}

#[traced(allow(none_value), attributes(order.coupon = None::<u64>))]
fn allowed() {}

fn main() {
    sometimes_there(None);
    allowed();
}
