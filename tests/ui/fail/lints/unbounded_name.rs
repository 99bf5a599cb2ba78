use traced::traced;

#[traced(name = format!("order {id}"))]
fn in_the_text(id: u64) {
    let _ = id;
}

#[traced(name = format!("{} {}", "order", &id))]
fn as_an_argument(id: u64) {
    let _ = id;
}

struct Order {
    id: u64,
}

impl Order {
    #[traced(name = format!("order {}", self.id))]
    fn of_a_field(&self) {}
}

#[traced(name = (format!("order {}", order.id)))]
fn of_a_field_of_a_parameter(order: &Order) {
    let _ = order;
}

#[traced(name = { format!("order {}", *id) })]
fn behind_a_reference(id: &u64) {
    let _ = id;
}

#[traced(name = std::borrow::Cow::from(format!("order {}", id.to_string())))]
fn made_into_a_name(id: u64) {
    let _ = id;
}

#[traced]
fn in_a_body(order: Order) {
    let order_id = order.id;
    #[traced(name = format!("order {order_id}"))]
    {
        pay();
    }
    #[traced::traced_spawn(name = format!("order {order_id}"))]
    std::thread::spawn(pay);
    traced::span!(format!("order {}", order.id), { pay() });
}

fn pay() {}

fn main() {
    in_the_text(1);
    as_an_argument(1);
    let order = Order { id: 1 };
    order.of_a_field();
    of_a_field_of_a_parameter(&order);
    behind_a_reference(&1);
    made_into_a_name(1);
    in_a_body(order);
}
