//! The macro needs no name of the prelude.
#![no_implicit_prelude]

use ::traced::traced;

#[traced(attributes(n), on_ok(|out| out = *out))]
fn sync(n: u8) -> ::std::result::Result<u8, ::std::string::String> {
    ::std::result::Result::Ok(n)
}

#[traced(lazy(n), error_if = |error| ::std::string::String::is_empty(error))]
async fn asynchronous(n: u8) -> ::std::result::Result<u8, ::std::string::String> {
    ::std::result::Result::Ok(n)
}

#[traced]
fn future() -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u8>>> {
    let n = 1;
    ::std::boxed::Box::pin(async move { n })
}

#[traced]
fn spawns() {
    let unit = ::std::thread::spawn(|| {});
    let _ = unit.join();
}

fn main() {
    let _ = (sync(1), future());
    ::std::mem::drop(asynchronous(1));
    spawns();
}
