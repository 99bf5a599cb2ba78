// depends: lapin apalis tokio-cron-scheduler tonic actix-web async-nats

use axum::routing::patch;

async fn list() -> String { //~ entry_point
    String::new()
}

async fn create() -> String { //~ entry_point
    String::new()
}

async fn fallback() -> String { //~ entry_point
    String::new()
}

fn router() -> axum::Router {
    axum::Router::new()
        .route("/orders", get(list).post(create))
        .fallback(fallback)
}

async fn with_layer() {} //~ entry_point
async fn as_service() {} //~ entry_point

fn layered() -> axum::Router {
    async fn nearby() {} //~ entry_point
    axum::Router::new()
        .route("/a", get(with_layer.layer(Compression::new())).post_service(as_service.with_state(state)))
        .route("/b", get(nearby))
}

fn by_a_function_of_its_own() -> axum::Router {
    async fn nearby() {} //~ entry_point
    at("/d", patch(nearby))
}

fn another() -> axum::Router {
    async fn nearby() {} //~ entry_point
    axum::Router::new().route("/c", get(nearby))
}

#[actix_web::get("/orders/{id}")]
async fn order(id: u64) -> String { //~ entry_point
    String::new()
}

async fn by_resource() -> String { //~ entry_point
    String::new()
}

fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/x").route(web::get().to(by_resource)));
}

#[tonic::async_trait]
impl greeter_server::Greeter for Mine {
    async fn hello(&self, request: Request<Hello>) -> Result<Response<Answer>, Status> { //~ entry_point
        todo!()
    }
}

async fn consume(channel: lapin::Channel) {
    let mut orders = channel.basic_consume("orders", "me").await;
    while let Some(order) = orders.next().await { //~ entry_point
        handle(order).await;
    }
}

async fn consume_from_nats(client: async_nats::Client) {
    let mut orders = client.subscribe("orders").await;
    while let Some(order) = orders.next().await { //~ entry_point
        handle(order).await;
    }
}

async fn consume_from_jetstream(consumer: Consumer) {
    let mut orders = consumer.messages().await;
    while let Some(order) = orders.next().await { //~ entry_point
        handle(order).await;
    }
}

async fn handle(order: Delivery) {}

async fn send_mail(mail: Mail) {} //~ entry_point

fn worker() {
    WorkerBuilder::new("mails").build_fn(send_mail);
}

async fn schedule() {
    scheduler.add(Job::new_async("0 * * * * *", |id, all| Box::pin(async move { clean().await }))); //~ entry_point
}

async fn clean() {}

fn main() { //~ entry_point
    read_file();
}

fn read_file() {
    info!("read");
}
