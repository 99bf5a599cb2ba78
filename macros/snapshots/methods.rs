impl Store {
    #[traced]
    fn first(&mut self, _lock: Lock) -> Option<&mut Order> {
        self.orders.first_mut()
    }
}

trait Service {
    #[traced]
    async fn call(&self, mut request: &str) -> Reply {
        let trimmed = request.trim().to_owned();
        request = &trimmed;
        self.answer(request).await
    }
}

#[traced]
async fn with_what_is_compiled_in(
    #[cfg(feature = "tenants")]
    #[attribute]
    tenant: &str,
    #[cfg(feature = "cache")] mut cached: Rows<'_>,
    id: u64,
) {
    #[cfg(feature = "tenants")]
    let id = tenant.id(id);
    #[cfg(feature = "cache")]
    refresh(cached);
    find(id).await;
}
