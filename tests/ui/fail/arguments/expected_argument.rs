use traced::{traced, traced_spawn};

#[traced(kind = "client", 42)]
fn number() {}

#[traced_spawn(42)]
fn number_on_spawner() {}

fn main() {
    number();
    number_on_spawner();
}
