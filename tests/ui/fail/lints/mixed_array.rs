use traced::traced;

#[traced(attributes(order.items = ["book", 2], order.sizes = [1, 2, 2.5]))]
fn mixed() {}

fn main() {
    mixed();
}
