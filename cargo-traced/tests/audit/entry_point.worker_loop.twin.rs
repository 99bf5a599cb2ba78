//! Calls a worker that goes on until there is an error.

async fn main() -> Result<(), Error> { //~? entry_point
    run_worker(client().await?).await
}

async fn run_worker(mut client: Client) -> Result<(), Error> {
    loop {
        let payload = client.blpop("jobs").await?;
        handle(payload).await;
    }
}

async fn handle(payload: String) {
    info!("job");
}
