// depends: apalis tracing-opentelemetry

async fn send_mail(mail: Mail) {}
async fn bill(order: Order) {}

#[tracing::instrument(skip_all)]
async fn ship(order: Order) {}

fn workers() {
    WorkerBuilder::new("mails").layer(traced::apalis::layer("mails")).build_fn(send_mail);
    WorkerBuilder::new("bills").layer(TraceLayer::new()).build_fn(bill);
    WorkerBuilder::new("parcels").build_fn(ship);
}

fn main() {
    serve();
}
