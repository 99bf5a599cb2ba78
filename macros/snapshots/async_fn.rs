#[traced]
async fn fetch(client: Client, url: &str) -> Result<Response, FetchError> {
    client.get(url).await
}
