use traced::traced;

#[traced(attributes("order.id"))]
fn key_without_value() {}

#[traced(attributes(+, id: 1))]
fn other_punctuation(id: u64) {}

#[traced(attributes(id = 1, id = 2, "" = 3))]
fn duplicate_and_empty_key() {}

#[traced(attributes(id), lazy(id))]
fn twice_in_two_lists(id: u64) {}

fn main() {
    key_without_value();
    other_punctuation(1);
    duplicate_and_empty_key();
    twice_in_two_lists(1);
}
