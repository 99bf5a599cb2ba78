use traced::traced;

#[traced(skip)]
fn alone() {}

fn main() {
    alone();
}
