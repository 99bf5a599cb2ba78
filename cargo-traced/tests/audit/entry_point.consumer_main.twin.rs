// depends: rdkafka
//! The messages are the entry points of this program.

async fn main() {
    consume(consumer()).await;
}

async fn consume(consumer: StreamConsumer) {
    while let Ok(message) = consumer.recv().await {
        store(message).await;
    }
}

#[tracing::instrument]
async fn store(message: Message) {} //~? tracing_spans
