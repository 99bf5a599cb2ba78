#[traced(
    name = format!("order {id}"),
    kind = "server",
    attributes(id, http.route = "/orders/{id}", order = ?order, "user agent" = %agent),
    lazy(order.size = order.size()),
    parent = cx,
    scope = "shop.orders",
    error_if = |error| error.is_fatal(),
    spawn = false,
    crate = crate::reexports::traced
)]
fn handle(id: u64, order: Order, agent: &str, cx: &Context) -> Result<(), OrderError> {
    tokio::spawn(store(order));
    Ok(())
}

#[traced(root, errors = false)]
fn tick() -> Result<(), OrderError> {
    Ok(())
}
