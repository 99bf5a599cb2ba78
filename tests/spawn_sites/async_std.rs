//! async-std.

use crate::support::sites;

sites! {
    spawn(1) { ::async_std::task::spawn(child()).await; }
    module(1) { use ::async_std::task; task::spawn(async { child().await }).await; }
    spawn_blocking(1) { ::async_std::task::spawn_blocking(|| child_here()).await; }
    builder(1) { ::async_std::task::Builder::new().name("x".into()).spawn(child()).unwrap().await; }
    spawn_local(1) {
        std::thread::spawn(|| ::async_std::task::block_on(async { ::async_std::task::spawn_local(child()).await })).join().unwrap();
    }
}
