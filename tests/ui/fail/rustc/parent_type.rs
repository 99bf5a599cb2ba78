use traced::traced;

#[traced(parent = id)]
fn number(id: u64) {}

fn main() {}
