use traced::traced;

struct Order;

#[traced(attributes(order))]
fn value(order: Order) {}

#[traced(attributes(order = %order))]
fn display(order: Order) {}

#[traced(attributes(order = ?order))]
fn debug(order: Order) {}

#[traced(attributes(id = identifier))]
fn unknown_name() {}

#[traced(attributes(orders))]
fn list(orders: Vec<Order>) {}

fn main() {}
