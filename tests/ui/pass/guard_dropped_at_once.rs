//! Guards that are kept, and other things that are attached.
#![deny(warnings)]

use traced::opentelemetry::{Context, ContextGuard};
use traced::traced;

#[traced]
fn bound(cx: Context) {
    let _guard = cx.attach();
    charge();
}

#[traced]
fn handed_on(cx: Context) -> ContextGuard {
    cx.attach()
}

struct Device;

impl Device {
    fn attach(&self) {}

    fn context(&self) -> &Self {
        self
    }
}

#[traced]
fn of_another_kind(device: &Device) {
    device.attach();
    let context = device.context();
    context.attach();
    let _ = device.attach();
}

#[traced(allow(guard_dropped_at_once))]
fn allowed(cx: Context) {
    let _ = cx.attach();
}

fn charge() {}

fn main() {
    bound(Context::new());
    drop(handed_on(Context::new()));
    of_another_kind(&Device);
    allowed(Context::new());
}
