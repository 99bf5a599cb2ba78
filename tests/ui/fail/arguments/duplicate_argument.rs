use traced::traced;

#[traced(name = "a", kind = "client", name = "b")]
fn string() {}

#[traced(fail_if = |_| true, fail_if = |_| false)]
fn predicate() -> u8 {
    1
}

fn main() {
    string();
    let _ = predicate();
}
