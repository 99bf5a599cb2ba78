use traced::traced;

const SCOPE: &str = "shop";

#[traced(scope = SCOPE)]
fn scope() {}

#[traced(scope = "")]
fn empty_scope() {}

#[traced(name = "")]
fn empty_name() {}

fn main() {
    scope();
    empty_scope();
    empty_name();
}
