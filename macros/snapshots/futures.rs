#[traced]
fn written_by_async_trait<'a>(url: &'a str) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    Box::pin(async move { get(url).await })
}

#[traced]
fn begins_at_once(url: &str) -> impl Future<Output = u16> {
    let request = prepare(url);
    async move { request.send().await }
}

#[traced(attributes(url), lazy(cached = is_cached(url)))]
fn waits_for_its_span<'a>(url: &'a str) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    Box::pin(async move { get(url).await })
}

#[traced(lazy(order.size = order.size()))]
fn has_a_part_of_its_parameter(order: Order) -> impl Future<Output = u16> {
    async move { get(order.url).await }
}

#[traced]
fn fused() -> impl Future<Output = u8> + FusedFuture {
    pending().fuse()
}

#[traced]
fn shared() -> impl Future<Output = u8> + Clone {
    pending().shared()
}
