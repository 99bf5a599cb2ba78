// depends: rdkafka rumqttc async-nats
//! Loops that take messages of a client that blocks, or with a limit of time.

fn of_kafka(consumer: BaseConsumer) {
    for message in consumer.iter() { //~ entry_point
        store(message);
    }
}

fn polled(consumer: BaseConsumer) {
    loop { //~ entry_point
        match consumer.poll(timeout()) {
            Some(message) => store(message),
            None => continue,
        }
    }
}

fn of_mqtt(mut connection: Connection, eventloop: EventLoop) {
    for notification in connection.iter() { //~ entry_point
        store(notification);
    }
}

async fn with_a_limit(mut subscriber: Subscriber) {
    while let Ok(Some(message)) = timeout(limit(), subscriber.next()).await { //~ entry_point
        store(message);
    }
}

fn store(message: Message) {}

fn main() {
    serve();
}
