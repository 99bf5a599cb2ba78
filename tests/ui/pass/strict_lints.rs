//! Nothing in an expansion minds what a crate forbids.
#![forbid(unsafe_code, missing_docs, unused_variables, unused_mut, unreachable_code, clippy::all)]
#![deny(warnings)]
#![deny(rust_2018_idioms, rust_2024_compatibility)]

use traced::traced;

#[traced]
#[expect(dead_code)]
fn never_called() {}

#[traced(attributes(text), lazy(len = text.len()))]
fn sync(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[traced]
async fn asynchronous(_unused: String) -> Option<u8> {
    todo!()
}

#[traced]
fn returns_early(n: u8) -> u8 {
    if n == 0 {
        return 1;
    }
    n
}

#[traced]
fn spawns() -> std::thread::Result<u8> {
    std::thread::spawn(|| 1).join()
}

fn main() {
    let _ = (sync("1"), returns_early(1), spawns());
    drop(asynchronous(String::new()));
}
