use traced::traced;

#[traced(kind = "cleint")]
fn misspelt() {}

#[traced(kind = "rpc")]
fn unknown() {}

#[traced(kind = client)]
fn not_a_string() {}

fn main() {
    misspelt();
    unknown();
    not_a_string();
}
