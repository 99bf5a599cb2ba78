use traced::{traced, traced_spawn};

#[traced_spawn(error_if = |_| true)]
fn of_functions() {}

#[traced(detached)]
fn of_spawn_sites() {}

fn main() {
    of_functions();
    of_spawn_sites();
}
