use traced::{traced, traced_spawn};

#[traced(name("a"))]
fn list_for_value() {}

#[traced(attributes = id)]
fn value_for_list(id: u64) {}

#[traced(root = true)]
fn value_for_word() {}

#[traced(kind)]
fn word_for_value() {}

#[traced(level)]
fn word_for_level() {}

#[traced(fail_if)]
fn word_for_predicate() -> u8 {
    1
}

#[traced_spawn(also)]
fn word_for_paths() {}

#[traced_spawn(link = true)]
fn value_for_word_of_spawn_sites() {}

fn main() {
    list_for_value();
    value_for_list(1);
    value_for_word();
    word_for_value();
    word_for_level();
    let _ = word_for_predicate();
    word_for_paths();
    value_for_word_of_spawn_sites();
}
