// depends: rdkafka async-nats
//! Messages that `select!` or a closure takes.

async fn select(consumer: StreamConsumer, stop: CancellationToken) {
    loop { //~ entry_point
        tokio::select! {
            _ = stop.cancelled() => break,
            message = consumer.recv() => store(message).await,
        }
    }
}

async fn stream(consumer: StreamConsumer) {
    consumer
        .stream()
        .try_for_each(|message| async move { //~ entry_point
            store(message).await;
            Ok(())
        })
        .await;
}

async fn of_nats(client: async_nats::Client) {
    let orders = client.subscribe("orders.created").await;
    orders.for_each_concurrent(16, async |message| { store(message).await }).await; //~ entry_point
}

async fn store(message: Message) {}

fn main() {
    serve();
}
