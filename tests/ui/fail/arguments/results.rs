use traced::traced;

#[traced(on_ok(|n| n = n.count()))]
fn opaque() -> impl Iterator<Item = u8> {
    std::iter::empty()
}

#[traced(on_ok(rows = 1))]
fn no_pattern() -> u8 {
    1
}

#[traced(on_ok(|| rows = 1))]
fn no_name() -> u8 {
    1
}

#[traced(returns = "future")]
fn no_future() -> u8 {
    1
}

#[traced(returns = "futures")]
fn unknown_returns() {}

fn main() {
    let _ = (opaque().count(), no_pattern(), no_name(), no_future());
    unknown_returns();
}
