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
