use traced::traced;

#[traced(name("a"))]
fn list_for_value() {}

#[traced(attributes = id)]
fn value_for_list(id: u64) {}

#[traced(root = true)]
fn value_for_word() {}

#[traced(kind)]
fn word_for_value() {}

fn main() {
    list_for_value();
    value_for_list(1);
    value_for_word();
    word_for_value();
}
