#[traced]
fn written_by_async_trait<'a>(url: &'a str) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    Box::pin(async move { get(url).await })
}

#[traced]
fn begins_at_once(url: &str) -> impl Future<Output = u16> {
    let request = prepare(url);
    async move { request.send().await }
}
