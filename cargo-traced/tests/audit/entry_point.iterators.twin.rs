// depends: rdkafka lapin async-nats
//! Loops beside a consumer that take nothing from it.

async fn check(consumer: &StreamConsumer, topics: Vec<String>) {
    for topic in topics.iter() {
        consumer.seek(topic);
    }
    let mut partitions = consumer.assignment().into_iter();
    while let Some(partition) = partitions.next() {
        consumer.pause(partition);
    }
    let consumers = vec![consumer.clone()];
    for each in consumers.iter() {
        each.resume();
    }
}

async fn consume(consumer: StreamConsumer, names: Vec<String>) {
    while let Ok(message) = consumer.recv().await {
        store(message, &names).await;
    }
}

#[traced(kind = "consumer")]
async fn store(message: Message, names: &[String]) {}

fn main() {
    serve();
}
