use tokio::sync::mpsc;

pub(crate) struct Mail {
    pub(crate) order: i64,
    pub(crate) text: String,
}

pub(crate) fn start(url: String) -> mpsc::Sender<Mail> {
    let (queue, mut mails) = mpsc::channel(16);
    tokio::spawn(async move {
        let client = reqwest::Client::new();
        while let Some(mail) = mails.recv().await {
            if let Err(error) = send(&client, &url, mail).await {
                eprintln!("mail: {error}");
            }
        }
    });
    queue
}

async fn send(client: &reqwest::Client, url: &str, mail: Mail) -> Result<(), reqwest::Error> {
    let body = serde_json::json!({ "order": mail.order, "text": mail.text });
    client
        .post(url)
        .json(&body)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}
