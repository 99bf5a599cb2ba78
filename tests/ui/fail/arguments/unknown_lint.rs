use traced::traced;

#[traced(allow(unbounded_names))]
fn misspelt() {}

#[traced(allow(everything))]
fn unknown() {}

#[traced(allow(crate::unbounded_name))]
fn path() {}

#[traced(allow("unbounded_name"))]
fn string() {}

fn main() {
    misspelt();
    unknown();
    path();
    string();
}
