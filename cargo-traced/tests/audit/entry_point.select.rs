// depends: rdkafka opentelemetry
//! A branch of `select!` has a span, and not the one that takes the messages.

async fn consume(consumer: StreamConsumer, mut ticks: Interval) {
    loop { //~ entry_point
        tokio::select! {
            _ = ticks.tick() => tracer().in_span("report", |_| report()),
            message = consumer.recv() => store(message).await,
        }
    }
}

async fn store(message: Message) {}

fn main() {
    serve();
}
