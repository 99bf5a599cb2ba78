//! The client of a bot runs until it is ended, as far as anybody knows.

async fn main() { //~? entry_point
    let mut client = Client::builder("token").event_handler(Handler).await.unwrap();
    client.start().await.unwrap();
    info!("ended");
}
