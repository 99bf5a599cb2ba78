use traced::{traced, traced_spawn};

#[traced("a name")]
fn string() {}

#[traced(kind = "client", 42)]
fn number() {}

#[traced_spawn(42)]
fn number_on_spawner() {}

fn main() {
    string();
    number();
    number_on_spawner();
}
