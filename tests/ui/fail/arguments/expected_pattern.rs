use traced::traced;

#[traced(on_ok(rows = 1))]
fn no_pattern() -> u8 {
    1
}

#[traced(on_ok(|| rows = 1))]
fn no_name() -> u8 {
    1
}

fn main() {
    let _ = (no_pattern(), no_name());
}
