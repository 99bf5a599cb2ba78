use traced::traced;

#[traced(current, name = "mine", kind = "client", root)]
fn has_none() {}

fn main() {
    has_none();
}
