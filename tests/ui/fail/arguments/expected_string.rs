use traced::traced;

const SCOPE: &str = "shop";

#[traced(scope = SCOPE)]
fn scope() {}

#[traced(kind = client)]
fn kind() {}

#[traced(level = Level::DEBUG)]
fn level_of_tracing() {}

fn main() {
    scope();
    kind();
    level_of_tracing();
}
