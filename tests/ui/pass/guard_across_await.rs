//! Guards that are gone before the function waits.
#![deny(warnings)]

use traced::opentelemetry::Context;
use traced::opentelemetry::context::FutureExt;
use traced::traced;

#[traced]
async fn in_a_block_of_its_own(cx: Context) {
    {
        let _guard = cx.attach();
        charge_now();
    }
    charge().await;
}

#[traced]
async fn dropped(cx: Context) {
    let guard = cx.attach();
    charge_now();
    drop(guard);
    charge().await;
}

#[traced]
async fn waited_for_first(cx: Context) {
    charge().await;
    let _guard = cx.attach();
    charge_now();
}

#[traced]
fn elsewhere(cx: Context) -> impl Future<Output = ()> {
    let _guard = cx.attach();
    async { charge().await }
}

#[traced]
async fn given_to_the_future(cx: Context) {
    charge().with_context(cx).await;
}

/// What these make waits elsewhere, or blocks and does not wait.
#[traced]
async fn in_macros(cx: Context) {
    let _guard = cx.attach();
    drop(vec![async { charge().await }]);
    stream! {
        charge().await
    }
    select!(recv(jobs) -> job => drop(job));
}

macro_rules! select {
    ($($tokens:tt)*) => {};
}
macro_rules! stream {
    ($($tokens:tt)*) => {};
}
use {select, stream};

struct Device;

impl Device {
    fn attach(&self) -> u8 {
        1
    }
}

#[traced]
async fn of_another_kind(device: &Device) {
    let _attached = device.attach();
    charge().await;
}

#[traced(allow(guard_across_await))]
async fn allowed(cx: Context) {
    let _guard = cx.attach();
    charge().await;
}

fn charge_now() {}

async fn charge() {}

fn main() {
    let cx = Context::new;
    drop((in_a_block_of_its_own(cx()), dropped(cx()), waited_for_first(cx())));
    drop((elsewhere(cx()), given_to_the_future(cx()), of_another_kind(&Device)));
    drop((allowed(cx()), in_macros(cx())));
}
