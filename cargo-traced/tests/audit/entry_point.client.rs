//! `start` is a function of the program, which ends, and the other client's method gets something.

async fn main() { //~ entry_point
    let client = Client::builder("token").await.unwrap();
    client.start().await;
    let answer = remote.get("orders").await;
    info!("ended");
}

impl Client {
    async fn start(&self) {
        info!("started");
    }
}
