//! What has a body and runs: all of it can be traced.
#![deny(warnings)]

use traced::traced;

trait Service {
    #[traced]
    fn call(&self) -> u8 {
        1
    }
}

impl Service for () {}

#[traced]
unsafe extern "C" fn foreign() {}

/// Left as it is, because it may run at compile time.
#[traced(allow(not_traceable))]
const fn constant() -> u8 {
    1
}

const ONE: u8 = constant();

fn main() {
    ().call();
    unsafe { foreign() };
    assert_eq!(ONE, 1);
}
