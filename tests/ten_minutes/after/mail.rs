use tokio::sync::mpsc;
use traced::http_client::RequestExt;
use traced::{Envelope, traced};

pub(crate) struct Mail {
    pub(crate) order: i64,
    pub(crate) text: String,
}

pub(crate) fn start(url: String) -> mpsc::Sender<Envelope<Mail>> {
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

#[traced(parent = mail, attributes(order.id = mail.order))]
async fn send(
    client: &reqwest::Client,
    url: &str,
    mail: Envelope<Mail>,
) -> Result<(), reqwest::Error> {
    let body = serde_json::json!({ "order": mail.order, "text": mail.text });
    client
        .post(url)
        .json(&body)
        .traced()
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}
