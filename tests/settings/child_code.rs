//! Functions whose paths and lines `code_attributes.rs` looks up by reading this file.

use traced::{traced, traced_spawn};

#[traced]
pub(crate) fn everything() {
    Store::new().load();
    Cache::<u8>::new().load();
    by_name();
    says_it_itself();
    parts();
}

struct Store;

impl Store {
    #[traced]
    fn new() -> Self {
        Store
    }

    #[traced]
    fn load(&self) {}
}

struct Cache<T>(std::marker::PhantomData<T>);

#[traced]
impl<T> Cache<T> {
    fn new() -> Cache<T> {
        Cache(std::marker::PhantomData)
    }

    #[traced(name = "load")]
    fn load(&self) {}
}

#[traced(name = "shown")]
fn by_name() {}

#[traced(attributes(code.function.name = "its own"))]
fn says_it_itself() {}

#[traced]
fn parts() {
    #[traced(name = "statement")]
    let unit = {
        #[traced_spawn(name = "unit")]
        std::thread::spawn(|| ())
    };
    unit.join().unwrap();
    traced::span!("block", {});
}
