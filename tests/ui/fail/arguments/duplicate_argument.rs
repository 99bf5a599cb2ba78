use traced::traced;

#[traced(name = "a", kind = "client", name = "b")]
fn twice() {}

fn main() {
    twice();
}
