use traced::traced;

#[traced(current, name = "mine", kind = "client", root)]
fn has_none() {}

#[traced(current, level = "debug")]
fn has_no_level() {}

fn main() {
    has_none();
    has_no_level();
}
