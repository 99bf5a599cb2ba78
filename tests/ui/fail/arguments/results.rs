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

#[traced(fail_if = |n| n > 1)]
fn opaque_value() -> impl Clone {
    1
}

#[traced(fail_if = |n| *n > 1)]
#[track_caller]
fn stays_in_place() -> Result<u8, u8> {
    Ok(1)
}

#[traced(returns = "futures")]
fn unknown_returns() {}

fn main() {
    let _ = (opaque().count(), no_pattern(), no_name(), no_future());
    let _ = (opaque_value(), stays_in_place());
    unknown_returns();
}
