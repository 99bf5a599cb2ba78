// depends: rdkafka async-nats

async fn select(consumer: StreamConsumer, stop: CancellationToken) {
    loop {
        tokio::select! {
            _ = stop.cancelled() => break,
            message = consumer.recv() => store(message).await,
        }
    }
}

async fn stream(consumer: StreamConsumer) {
    let topics = ["a", "b"];
    topics.iter().for_each(|topic| check(topic));
    consumer.stream().try_for_each(|message| async move { Ok(store(message).await) }).await;
}

async fn of_nats(client: async_nats::Client) {
    let orders = client.subscribe("orders.created").await;
    orders.for_each_concurrent(16, async |message| { store(message).await }).await;
}

/// These are no messages.
async fn of_files(files: Vec<File>) {
    stream::iter(files).for_each(|file| async move { read(file).await }).await;
}

#[traced(kind = "consumer")]
async fn store(message: Message) {}

async fn read(file: File) {}

fn check(topic: &str) {}

fn main() {
    serve();
}
