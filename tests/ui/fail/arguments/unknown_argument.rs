use traced::traced;

#[traced(atributes(id))]
fn misspelt(id: u64) {}

#[traced(colour = "red")]
fn of_another_crate() {}

fn main() {
    misspelt(1);
    of_another_crate();
}
