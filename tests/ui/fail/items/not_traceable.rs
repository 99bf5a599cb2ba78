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

fn main() {
    let _ = (Order, State::New, constant());
    let _: Option<&dyn Service> = None;
    let _: Option<fmt::Error> = None;
}
