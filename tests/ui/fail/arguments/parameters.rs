use traced::traced;

#[traced]
fn pattern(#[attribute] (a, b): (u8, u8)) {}

#[traced]
fn display(#[attribute(%)] id: u8) {}

#[traced]
fn twice(#[attribute] #[attribute("order.id")] _id: u8) {}

fn main() {
    pattern((1, 2));
    display(1);
    twice(1);
}
