// depends: rdkafka opentelemetry
//! The branch that takes the messages makes a span by hand.

async fn with_opentelemetry(consumer: StreamConsumer, stop: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            _ = stop.cancelled() => break,
            Ok(message) = consumer.recv() => {
                let parent = extract(&message);
                let span = tracer().start_with_context("orders process", &parent);
                store(message).with_context(parent.with_span(span)).await;
            }
            else => break,
        }
    }
}

async fn with_tracing(consumer: StreamConsumer, stop: CancellationToken) {
    loop {
        select! {
            message = consumer.recv() => store(message).instrument(info_span!("orders process")).await,
            _ = stop.cancelled() => break,
        }
    }
}

async fn store(message: Message) {}

fn main() {
    serve();
}
