#[traced(kind = "client", attributes(id))]
async fn load(id: u64) -> io::Result<String> {
    let file = tokio::task::spawn_blocking(move || fs::read_to_string(format!("{id}.json")));
    file.await?
}
