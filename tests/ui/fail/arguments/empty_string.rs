use traced::traced;

#[traced(scope = "")]
fn scope() {}

#[traced(name = "")]
fn name() {}

fn main() {
    scope();
    name();
}
