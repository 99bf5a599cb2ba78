#[traced(
    name = format!("order {id}"),
    kind = "server",
    attributes(id, http.route = "/orders/{id}", order = ?order, "user agent" = %agent),
    lazy(order.size = order.size()),
    parent = cx,
    scope = "shop.orders",
    error_if = |error| error.is_fatal(),
    spawn = false,
    allow(unbounded_name),
    crate = crate::reexports::traced
)]
fn handle(id: u64, order: Order, agent: &str, cx: &Context) -> Result<(), OrderError> {
    tokio::spawn(store(order));
    Ok(())
}

#[traced(kind = "server", extract = request.headers())]
async fn serve(request: Request) -> Response {
    respond(request).await
}

#[traced(kind = "client", lazy(size = request.size()), inject = request.headers_mut())]
fn send(mut request: Request) -> Result<Response, SendError> {
    CLIENT.send(request)
}

#[traced(kind = "producer", inject = headers)]
fn publish(headers: &mut Headers) -> BoxFuture<'_, ()> {
    Box::pin(async move { QUEUE.push(headers).await })
}

#[traced(root, level = "debug", errors = false)]
fn tick() -> Result<(), OrderError> {
    Ok(())
}

#[traced(
    links = queue.iter(),
    baggage(tenant = tenant),
    scoped(tenant.id = %tenant),
    enabled = order.is_paid(),
    on_ok(|row| row.id = row.id),
    on_err(|error| retries = error.retries)
)]
async fn ship(#[attribute] tenant: &str, #[attribute("order.id")] order: Order, queue: &[Link]) -> Result<Row, ShipError> {
    send(order).await
}

#[traced(current, attributes(page))]
fn paginate(page: u32) -> Vec<Row> {
    rows(page)
}

#[traced(returns = "value")]
fn not_timed_to_its_end() -> BoxFuture<'static, ()> {
    Box::pin(async {})
}

#[traced]
fn rows_of(page: u32) -> impl Stream<Item = Row> {
    fetch(page)
}

#[traced(current, enabled = page > 0, attributes(page), baggage(page = page), scoped(page = page))]
fn paginate_if_there_is_more(page: u32) -> Vec<Row> {
    rows(page)
}

#[traced(kind = "producer", enabled = headers.is_empty(), extract = headers, inject = headers)]
fn relays(headers: &mut Headers) {
    QUEUE.push(headers);
}

#[traced(kind = "server", fail_if = |answer| answer.status >= 500, on_ok(|answer| error.type = answer.status))]
async fn answers(request: Request) -> Answer {
    respond(request).await
}

#[traced(fail_if = Row::is_broken, error_if = RowError::is_fatal, on_err(|error| row.id = error.id))]
fn rows_or_errors(page: u32) -> BoxStream<'static, Result<Row, RowError>> {
    fetch(page)
}
