// depends: lapin opentelemetry
//! Spans by hand that are not those of the request or the message.

async fn spawns(id: u64) -> String { //~ entry_point
    tokio::spawn(async move { ship(id).await }.instrument(info_span!("ship"))); //~? tracing_spans
    String::new()
}

/// The span is made for its fields, and nobody enters it.
async fn leaves_it(id: u64) -> String { //~ entry_point
    info_span!("order", id);
    String::new()
}

fn router() -> axum::Router {
    axum::Router::new().route("/a", get(spawns)).route("/b", get(leaves_it))
}

async fn consume(mut consumer: lapin::Consumer) {
    prepare().in_span("prepare", |cx| prepare());
    while let Some(delivery) = consumer.next().await { //~ entry_point
        ship(delivery).await;
    }
}

async fn ship(id: u64) {}

fn main() {
    serve();
}
