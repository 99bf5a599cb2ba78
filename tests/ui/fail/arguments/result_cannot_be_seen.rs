use traced::traced;

#[traced(on_ok(|n| n = n.count()))]
fn opaque() -> impl Iterator<Item = u8> {
    std::iter::empty()
}

#[traced(fail_if = |n| n > 1)]
fn opaque_value() -> impl Clone {
    1
}

#[traced(fail_if = |n| *n > 1)]
#[track_caller]
fn at_caller() -> Result<u8, u8> {
    Ok(1)
}

#[traced(on_ok(|add| adds = true))]
fn closure_in_result() -> Result<impl Fn(u8) -> u8, u8> {
    Ok(|number| number + 1)
}

#[traced(fail_if = |_| true)]
async fn never() -> ! {
    std::future::pending().await
}

#[traced(on_ok(|item| item = item))]
fn stream() -> std::pin::Pin<Box<dyn Stream<Item = u8>>> {
    Box::pin(Items)
}

trait Stream {
    type Item;
}

struct Items;

impl Stream for Items {
    type Item = u8;
}

#[traced(on_ok(|n| n = n))]
#[track_caller]
fn value_at_caller() -> u8 {
    1
}

fn main() {
    let _ = (stream, value_at_caller);
    let _ = (never, opaque().count(), opaque_value(), at_caller(), closure_in_result().is_ok());
}
