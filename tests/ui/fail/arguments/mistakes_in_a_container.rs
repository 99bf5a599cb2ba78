//! A mistake in the arguments of a container is reported once, and not for each function.

use traced::traced;

struct Store;

#[traced(kind = "cleint")]
impl Store {
    fn one(&self) {}
    fn two(&self) {}
}

#[traced]
mod outer {
    #[traced::traced(kind = "sever")]
    pub mod deeper {
        pub fn one() {}
        pub fn two() {}
    }
}

fn main() {
    Store.one();
    Store.two();
    outer::deeper::one();
    outer::deeper::two();
}
