//! Arrays of one type.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(items = ["book", title], sizes = [1, -2], shares = [0.5], mixed = ?("a", 1)))]
fn of_one_type(title: &str) {}

fn main() {
    of_one_type("x");
}
