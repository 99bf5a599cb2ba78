#[traced(kind = "client", attributes(id))]
async fn load(id: u64) -> Result<String, LoadError> {
    let file = tokio::spawn(read_file(id));
    file.await?
}
