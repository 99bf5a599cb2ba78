use std::rc::Rc;

use traced::traced;

fn spawn(_: impl Future + Send + 'static) {}

#[traced]
async fn holds_rc() {
    let rc = Rc::new(1);
    std::future::ready(()).await;
    drop(rc);
}

fn main() {
    spawn(holds_rc());
}
