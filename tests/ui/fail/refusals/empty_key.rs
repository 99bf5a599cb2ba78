use traced::traced;

#[traced(attributes("" = id))]
fn empty(id: u64) {}

fn main() {
    empty(1);
}
