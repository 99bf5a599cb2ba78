// depends: lapin tokio-cron-scheduler
//! The spans two calls below begin a trace for each message or job.

async fn consume(mut consumer: lapin::Consumer) {
    while let Some(delivery) = consumer.next().await {
        dispatch(delivery).await;
    }
}

async fn dispatch(delivery: Delivery) {
    match delivery.routing_key.as_str() {
        "created" => created(&delivery).await,
        _ => cancelled(&delivery).await,
    }
}

#[traced(kind = "consumer", extract = delivery.properties.headers())]
async fn created(delivery: &Delivery) {}

#[traced(kind = "consumer")]
async fn cancelled(delivery: &Delivery) {}

async fn schedule() {
    scheduler.add(Job::new_async("0 * * * * *", |id, all| Box::pin(run_cleanup())));
}

async fn run_cleanup() {
    if let Err(error) = clean().await {
        error!(%error);
    }
}

#[traced(root)]
async fn clean() -> Result<(), Error> {
    Ok(())
}

fn main() {
    serve();
}
