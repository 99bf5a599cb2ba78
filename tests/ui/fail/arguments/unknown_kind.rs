use traced::traced;

#[traced(kind = "cleint")]
fn misspelt() {}

#[traced(kind = "rpc")]
fn unknown() {}

fn main() {
    misspelt();
    unknown();
}
