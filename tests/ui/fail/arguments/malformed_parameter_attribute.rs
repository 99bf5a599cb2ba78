use traced::traced;

#[traced]
fn display(#[attribute(%)] id: u8) {}

#[traced]
fn named(#[attribute = "order.id"] id: u8) {}

fn main() {
    display(1);
    named(1);
}
