use traced::traced_spawn;

#[traced_spawn(also("my_pool::execute"))]
fn string() {}

#[traced_spawn(also(my_pool::execute, 2))]
fn number() {}

fn main() {
    string();
    number();
}
