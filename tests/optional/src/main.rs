//! Prints what the library returns and, with the feature `testing`, its spans.

use traced_optional::Orders;

fn work() {
    println!("{:?}", Orders.load(2));
    println!("{:?}", Orders.load(0));
    println!("{:?}", Orders.send(1));
}

#[cfg(not(feature = "testing"))]
fn main() {
    work();
}

#[cfg(feature = "testing")]
fn main() {
    let ((), spans) = traced::testing::capture(work);
    eprint!("{}", spans.tree());
}
