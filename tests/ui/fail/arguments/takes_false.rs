use traced::traced;

#[traced(errors = true)]
fn errors() {}

#[traced(spawn = "no")]
fn spawn() {}

fn main() {
    errors();
    spawn();
}
