// depends: lapin apalis tokio-cron-scheduler tonic actix-web

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

fn read_file() {}
