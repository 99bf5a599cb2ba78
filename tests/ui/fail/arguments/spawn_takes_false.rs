use traced::traced;

#[traced(spawn = "no")]
fn off() {}

fn main() {
    off();
}
