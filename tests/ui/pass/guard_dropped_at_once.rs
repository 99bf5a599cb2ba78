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

mod gpu {
    pub struct Context;

    impl Context {
        pub fn attach(&self) {}
    }
}

struct Renderer {
    ctx: gpu::Context,
}

impl Renderer {
    #[traced]
    fn of_a_field(&self) {
        self.ctx.attach();
    }
}

#[traced]
fn of_another_context(ctx: &gpu::Context, other: Option<&gpu::Context>) {
    ctx.attach();
    if let Some(cx) = other {
        cx.attach();
    }
    other.map(|cx: &gpu::Context| cx.attach());
}

/// The one that is matched hides the parameter.
#[traced]
fn of_the_same_name(cx: Context, other: Option<gpu::Context>) {
    if let Some(cx) = other {
        cx.attach();
    }
    let _guard = cx.attach();
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
    Renderer { ctx: gpu::Context }.of_a_field();
    of_another_context(&gpu::Context, None);
    of_the_same_name(Context::new(), None);
    allowed(Context::new());
}
