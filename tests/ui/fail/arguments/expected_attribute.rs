use traced::traced;

#[traced(attributes(+, id: 1))]
fn other_punctuation(id: u64) {}

fn main() {
    other_punctuation(1);
}
