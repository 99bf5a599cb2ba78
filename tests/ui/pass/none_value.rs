//! Options that may hold something.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(coupon, order.coupon = coupon.map(str::len), order.state = "None"))]
fn sometimes_there(coupon: Option<&str>) {}

#[derive(Debug)]
enum Mode {
    None,
}

struct Limits;

impl Limits {
    #[allow(non_upper_case_globals)]
    const None: u64 = 0;
}

#[traced(attributes(mode = ?Mode::None, limit = Limits::None, coupon = ?None::<u64>))]
fn of_another_type() {}

#[traced(allow(none_value), attributes(order.coupon = None::<u64>))]
fn allowed() {}

fn main() {
    sometimes_there(None);
    of_another_type();
    allowed();
}
