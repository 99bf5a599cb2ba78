use traced::traced;

#[traced]
fn twice(#[attribute] #[attribute("order.id")] _id: u8) {}

fn main() {
    twice(1);
}
