// depends: lapin apalis tokio-cron-scheduler tonic actix-web async-nats

#[traced]
async fn list() -> String {
    String::new()
}

// traced: allow(entry_point) the probe of the load balancer
async fn health() -> String {
    String::new()
}

fn router() -> axum::Router {
    axum::Router::new().route("/orders", get(list)).route("/health", get(health))
}

#[traced::traced(kind = "server")]
#[actix_web::get("/orders/{id}")]
async fn order(id: u64) -> String {
    String::new()
}

#[traced]
#[tonic::async_trait]
impl greeter_server::Greeter for Mine {
    async fn hello(&self, request: Request<Hello>) -> Result<Response<Answer>, Status> {
        todo!()
    }
}

async fn consume(channel: lapin::Channel) {
    let mut orders = channel.basic_consume("orders", "me").await;
    while let Some(order) = orders.next().await {
        handle(order).await;
    }
}

#[traced(kind = "consumer")]
async fn handle(order: Delivery) {}

/// The function for each message has a span, though one of `tracing`.
async fn consume_orders(client: async_nats::Client) {
    let mut orders = client.subscribe("orders").await;
    while let Some(order) = orders.next().await {
        of_tracing().await;
    }
}

/// A channel of tokio.
async fn wait_for(sender: broadcast::Sender<u64>) {
    let mut created = sender.subscribe();
    while let Ok(id) = created.recv().await {
        forget(id);
    }
}

fn forget(id: u64) {}

/// The entries of an archive; the messages are a field.
async fn restore(mut capture: Capture) {
    while let Some(entry) = entries.try_next().await {
        capture.messages.push(entry);
    }
}

#[traced]
async fn send_mail(mail: Mail) {}

fn worker() {
    WorkerBuilder::new("mails").build_fn(send_mail);
}

async fn schedule() {
    scheduler.add(Job::new_async("0 * * * * *", |id, all| Box::pin(async move { clean().await })));
}

/// The job makes a span itself.
async fn schedule_more() {
    scheduler.add(Job::new_async("0 * * * * *", |id, all| Box::pin(async move { archive().await })));
}

async fn archive() {
    let span = info_span!("archive");
    store().instrument(span).await //~? tracing_spans
}

#[traced]
async fn clean() {}

#[tracing::instrument]
async fn of_tracing() {} //~? tracing_spans

fn other_router() -> axum::Router {
    axum::Router::new().route("/x", get(of_tracing))
}

/// These are no routes.
fn lookalikes() {
    map.get(key);
    cache.post(item);
    get(key);
}

fn key() {}
fn item() {}

fn main() {
    run();
}

fn run() {
    clean();
}
