use traced::traced;

#[traced]
struct Order;

#[traced]
enum State {
    New,
}

#[traced]
const fn constant() -> u8 {
    1
}

trait Service {
    #[traced]
    fn call(&self);
}

#[traced]
use std::fmt;

#[traced]
const LIMIT: u8 = 1;

#[traced]
mod in_a_file;

#[traced]
extern crate std as standard;

fn main() {
    let _ = (Order, State::New, constant(), LIMIT);
    let _: Option<&dyn Service> = None;
    let _: Option<fmt::Error> = None;
}
