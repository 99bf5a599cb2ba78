//! actix-rt.

use crate::support::sites;

/// As in actix-web, whose `web::block` hands its closure to this function.
mod web {
    pub(super) use actix_rt::task::spawn_blocking as block;
}

sites! {
    actix_spawn(1) {
        std::thread::spawn(|| actix_rt::System::new().block_on(async { actix_rt::spawn(child()).await.unwrap() })).join().unwrap();
    }
    actix_arbiter(2) {
        std::thread::spawn(|| actix_rt::System::new().block_on(async {
            let (done, jobs) = tokio::sync::oneshot::channel();
            let arbiter = actix_rt::Arbiter::new();
            arbiter.spawn_fn(|| child_here());
            arbiter.spawn(async { child().await; done.send(()).unwrap() });
            jobs.await.unwrap();
        })).join().unwrap();
    }
    web_block(2) {
        std::thread::spawn(|| actix_rt::System::new().block_on(async {
            web::block(|| child_here()).await.unwrap();
            web::block(child_here).await.unwrap();
        })).join().unwrap();
    }
}
