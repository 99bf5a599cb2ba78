// depends: apalis tracing-opentelemetry
//! The layer of one worker is not that of the other.

async fn send_mail(mail: Mail) {} //~ entry_point
async fn bill(order: Order) {}

fn workers() {
    WorkerBuilder::new("mails").layer(RetryLayer::new()).build_fn(send_mail);
    WorkerBuilder::new("bills").layer(TraceLayer::new()).build_fn(bill);
}

fn main() {
    serve();
}
