use traced::traced;

#[traced(allow(unbounded_names))]
fn misspelt() {}

#[traced(allow(everything))]
fn unknown() {}

fn main() {
    misspelt();
    unknown();
    traced::set_attributes!(allow(every_key), id = 1);
}
