use traced::traced;

#[traced(attributes(order.id = 1, "order.id" = 2))]
fn in_one_list() {}

#[traced(attributes(id), lazy(id))]
fn in_two_lists(id: u64) {}

#[traced(baggage(a = "1", a = "2"))]
fn in_baggage() {}

fn main() {
    in_baggage();
    in_one_list();
    in_two_lists(1);
}
