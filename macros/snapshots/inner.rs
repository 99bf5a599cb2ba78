#[traced]
async fn import(path: &str, rows: Vec<Row>) -> Result<usize, ImportError> {
    #[traced(attributes(path))]
    let text = read(path).await?;
    #[traced(name = "parse")]
    let parsed = {
        let lines = text.lines();
        lines.collect::<Vec<_>>()
    };
    let each = #[traced] |row: Row| store(row);
    rows.into_iter().for_each(each);
    let later = #[traced(kind = "client")] async move { notify().await };
    #[traced]
    for line in &parsed {
        check(line);
    }
    later.await;
    #[traced(name = "first")]
    let first = &parsed.first_line().text;
    let both = tokio::join!(#[traced(name = "joined")] async { notify().await }, check(first));
    drop(both);
    Ok(parsed.len())
}
