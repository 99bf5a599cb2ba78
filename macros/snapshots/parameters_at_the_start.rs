#[traced(name = order.name)]
async fn named(order: Order) -> u16 {
    order.send().await
}

#[traced(attributes(order.id))]
async fn attributed(order: Order) -> u16 {
    order.send().await
}

#[traced(lazy(order.size = order.size()))]
async fn lazily(order: Order) -> u16 {
    order.send().await
}

#[traced(inject = order.headers)]
async fn injected(order: Order) -> u16 {
    order.send().await
}

#[traced(links = order.sent_in)]
async fn linked(order: Order) -> u16 {
    order.send().await
}

#[traced(enabled = order.is_traced)]
async fn conditional(order: Order) -> u16 {
    order.send().await
}

#[traced(baggage(tenant = order.tenant))]
async fn with_baggage(order: Order) -> u16 {
    order.send().await
}

#[traced(scoped(tenant = order.tenant))]
async fn scoped(order: Order) -> u16 {
    order.send().await
}

#[traced(parent = order.context)]
async fn below(order: Order) -> u16 {
    order.send().await
}

#[traced(extract = order.headers)]
async fn extracted(order: Order) -> u16 {
    order.send().await
}
