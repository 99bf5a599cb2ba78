use traced::traced;

#[traced(allow(crate::unbounded_name))]
fn path() {}

#[traced(allow("unbounded_name"))]
fn string() {}

fn main() {
    path();
    string();
}
