use traced::traced;

#[traced(attributes(order.coupon = None), lazy(order.note = Option::<&str>::None))]
fn never_there() {}

fn main() {
    never_there();
}
