use traced::traced;

#[traced(parent = None)]
fn load() {}

fn main() {
    load();
}
